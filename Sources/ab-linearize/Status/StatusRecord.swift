import Autobase
import CompactEncoding
import JSON
import ToolKit

/// Where a base stands, for programs.
struct StatusRecord {
  private let options: OutputOptions

  init(_ options: OutputOptions) { self.options = options }

  /// - Parameter shortage: what is said when there is too little space on the disk.
  func json(_ status: AutobaseStatus, _ lastSeen: [Fixed32: UInt64], _ shortage: String?) -> JSON {
    let waits = status.waits.map(json) + (shortage.map { [["for": "disk-full", "text": .string($0)]] } ?? [])
    return [
      "base": key(status.key), "localKey": status.localKey.map(key) ?? .null, "writable": .bool(status.isMember),
      "indexer": .bool(status.isIndexer), "encrypted": .bool(status.isEncrypted),
      "majority": .integer(Int64(status.majority)), "indexers": .array(status.indexers.map(key)),
      "heads": .array(status.heads.map(checkout)), "tipLength": .integer(Int64(status.tipLength)),
      "views": .array(
        status.views.map { view in
          [
            "name": .string(view.name), "key": key(view.key), "length": number(view.length),
            "indexedLength": number(view.indexedLength), "signedLength": number(view.signedLength),
          ]
        }),
      "writers": .array(status.writers.map { writer($0, lastSeen[$0.key]) }),
      "votes": .array(
        status.votes.map { vote in
          ["node": checkout(vote.node), "votes": .array(vote.votes.map(key)), "missing": .array(vote.missing.map(key))]
        }),
      "polls": .array(status.polls.map(ExplanationRecord(options).poll)),
      "wait": waits.first ?? json(.nothing), "waits": .array(waits),
    ]
  }

  private func writer(_ writer: AutobaseStatus.Writer, _ lastSeen: UInt64?) -> JSON {
    [
      "key": key(writer.key), "local": .bool(writer.isLocal), "indexer": .bool(writer.isActiveIndexer),
      "pendingIndexer": .bool(writer.isPendingIndexer), "removed": .bool(writer.member?.isRemoved ?? true),
      "length": number(writer.length), "knownLength": number(max(writer.announcedLength, writer.length)),
      "orderedLength": number(writer.orderedLength), "indexedLength": number(writer.indexedLength),
      "signedSystemLength": writer.signedSystemLength.map(number) ?? .null,
      "lastSeen": lastSeen.map(number) ?? .null, "heads": .array(writer.heads.map(checkout)),
      "head": .bool(writer.isHead), "frozen": .bool(writer.isFrozen), "conflict": .bool(writer.hasConflict),
      "missing": writer.missing.map(checkout) ?? .null,
    ]
  }

  private func json(_ wait: AutobaseStatus.Wait) -> JSON {
    switch wait {
    case .nothing: ["for": "nothing"]
    case .firstNode: ["for": "first-node"]
    case .indexerNode(let keys): ["for": "indexer-node", "from": .array(keys.map(key))]
    case .votes(let keys, let needed):
      ["for": "votes", "from": .array(keys.map(key)), "needed": .integer(Int64(needed))]
    case .signatures(let keys, let needed):
      ["for": "signatures", "from": .array(keys.map(key)), "needed": .integer(Int64(needed))]
    case .indexing(let length): ["for": "indexing", "length": number(length)]
    case .blocks(let node, let writer):
      ["for": "blocks", "node": checkout(node), "by": writer.map(key) ?? .null]
    case .frozen(let node): ["for": "frozen", "node": checkout(node)]
    case .conflict(let log): ["for": "conflict", "core": key(log)]
    case .obstacle(let obstacle): ["for": .string(Self.name(obstacle)), "text": .string("\(obstacle)")]
    }
  }

  private static func name(_ obstacle: AutobaseObstacle) -> String {
    switch obstacle {
    case .interrupted: "interrupted"
    case .storeFailed: "store"
    case .recovering: "recovery"
    case .fastForwarding: "fast-forward"
    case .missingBlocks: "view-blocks"
    }
  }

  private func key(_ key: Fixed32) -> JSON { .string(options.text(key)) }
  private func number(_ number: UInt64) -> JSON { .integer(Int64(clamping: number)) }
  private func checkout(_ node: Checkout) -> JSON { ["core": key(node.key), "length": number(node.length)] }
}
