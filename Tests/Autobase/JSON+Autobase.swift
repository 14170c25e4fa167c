import Autobase
import CompactEncoding
import JSON
import TestSupport

// Values as the vector files spell them.

func number(_ value: UInt64) -> JSON { .integer(Int64(value)) }
func text(_ bytes: [UInt8]?) -> JSON { bytes.map { .string(Hex.encode($0)) } ?? .null }
func text(_ value: Fixed32?) -> JSON { text(value?.bytes) }
func json(_ value: Checkout) -> JSON { ["key": text(value.key), "length": number(value.length)] }
func json(_ clock: [Checkout]) -> JSON { .array(clock.map { json($0) }) }

func json(_ value: Checkpointer?) -> JSON {
  guard let value else { return .null }
  let checkpoint: JSON? = value.checkpoint.map { ["signature": text($0.signature), "length": number($0.length)] }
  return ["checkpointer": number(value.pointer), "checkpoint": checkpoint ?? .null]
}

func json(_ value: Digest?) -> JSON {
  guard let value else { return .null }
  return ["pointer": number(value.pointer), "key": text(value.key)]
}

func json(_ message: OplogMessage) -> JSON {
  let node: JSON = ["heads": json(message.heads), "batch": number(message.batch), "value": text(message.value)]
  let checkpoint: JSON? = message.checkpoint.map {
    [
      "system": json($0.system), "encryption": json($0.encryption),
      "user": $0.user.map { .array($0.map { json($0) }) } ?? .null,
    ]
  }
  var fields: [(String, JSON)] = [
    ("version", number(message.version)), ("node", node), ("checkpoint", checkpoint ?? .null),
    ("digest", json(message.digest)), ("optimistic", message.optimistic.map { .bool($0) } ?? .null),
  ]
  if let maximum = message.maximumSupportedVersion {
    fields.append(("maxSupportedVersion", number(maximum)))
  } else {
    fields.append(("trace", message.trace.map { json($0) } ?? .null))
  }
  return .object(JSONObject(fields))
}

func json(_ trace: Trace) -> JSON {
  [
    "system": .array(trace.system.map { number($0) }), "encryption": .array(trace.encryption.map { number($0) }),
    "user": .array(
      trace.user.map { ["view": number($0.view), "blocks": .array($0.blocks.map { number($0) })] }),
  ]
}

func json(_ info: SystemInfo) -> JSON {
  [
    "version": number(info.version), "members": number(info.members),
    "pendingIndexers": .array(info.pendingIndexers.map { text($0) }), "indexers": json(info.indexers),
    "heads": json(info.heads), "views": json(info.views), "encryptionLength": number(info.encryptionLength),
    "entropy": text(info.entropy),
  ]
}

func json(_ record: BootRecord) -> JSON {
  var fields: [(String, JSON)] = [
    ("version", number(record.version)), ("key", text(record.key)), ("systemLength", number(record.systemLength)),
    ("indexersUpdated", .bool(record.indexersUpdated)), ("fastForwarding", .bool(record.fastForwarding)),
    ("recoveries", number(record.recoveries)),
  ]
  if let heads = record.heads {
    fields.append(("migrating", .bool(false)))
    fields.append(("heads", json(heads)))
  }
  return .object(JSONObject(fields))
}
