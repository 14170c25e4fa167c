import Autobase
import CompactEncoding
import Corestore
import Hypercore
import JSON
import Registry
import RegistryNode
import ToolKit

/// How it stands with one log of a registry.
struct LogReport {
  /// What the log is to the registry.
  enum Role: Equatable {
    case local
    case writer
    case view(String)

    var text: String {
      switch self {
      case .local: "local"
      case .writer: "writer"
      case .view(let name): name
      }
    }
  }

  var key: Fixed32
  var role: Role
  /// Number of blocks, here.
  var length: UInt64
  /// All blocks below are here.
  var contiguousLength: UInt64
  /// All blocks below are here, or are not needed any more, as after a fast-forward.
  var reachedLength: UInt64
  /// Blocks that are signed by whoever signs the log.
  var signedLength: UInt64
  /// The longest length that a peer told of; nil when no node is running.
  var remoteLength: UInt64?
  /// Peers that have opened it; nil when no node is running.
  var peerCount: Int?
  /// Whether two signed histories of it were seen.
  var isFrozen: Bool
  /// What its replication waits for.
  var waits: [String]

  /// How much of it is here or was taken in, of what is known to exist.
  var percent: Int {
    let total = max(length, remoteLength ?? 0)
    return total == 0 ? 100 : Int(min(reachedLength, total) * 100 / total)
  }

  /// Whether all that peers told of is here; without a node that asks them, all that is known.
  var isSynced: Bool { reachedLength >= max(length, remoteLength ?? 0) && (role != .writer || peerCount != 0) }

  func object(_ options: OutputOptions) -> JSON {
    [
      "key": .string(options.text(key)), "role": .string(role.text), "length": .integer(Int64(length)),
      "contiguousLength": .integer(Int64(contiguousLength)), "signedLength": .integer(Int64(signedLength)),
      "remoteLength": remoteLength.map { .integer(Int64($0)) } ?? .null, "percent": .integer(Int64(percent)),
      "peers": peerCount.map { .integer(Int64($0)) } ?? .null, "frozen": .bool(isFrozen),
      "waits": .array(waits.map { .string($0) }),
    ]
  }
}

extension LogReport {
  /// The logs of a registry: its writers' and its views'.
  static func all(_ node: RegistryNode, _ status: AutobaseStatus, _ live: LiveStatus?) throws -> [LogReport] {
    let logs = node.store.namespace(RegistryNode.namespace)
    func report(
      _ key: Fixed32, _ role: Role, length: UInt64? = nil, signed: UInt64? = nil, ordered: UInt64 = 0
    ) throws -> LogReport? {
      guard try logs.has(key: key) else { return nil }
      let log = try logs.get(key: key, isReadOnly: true)
      let known = live?.logs[key]
      let length = length ?? log.length
      // The end of a view that is not in its core yet was computed here.
      let isWhole = signed != nil && log.contiguousLength >= min(log.length, length)
      let contiguous = isWhole ? length : log.contiguousLength
      return LogReport(
        key: key, role: role, length: length, contiguousLength: contiguous, reachedLength: max(contiguous, ordered),
        signedLength: signed ?? log.length,
        remoteLength: live.map { _ in known?.remoteLength ?? 0 }, peerCount: live.map { _ in known?.peerCount ?? 0 },
        isFrozen: log.isFrozen, waits: known?.waits ?? [])
    }
    let removed = Set(status.writers.filter { $0.member?.isRemoved ?? false }.map(\.key))
    let writers = try status.writers.filter { !removed.contains($0.key) || $0.isLocal }.map {
      try report($0.key, $0.isLocal ? .local : .writer, ordered: $0.orderedLength)
    }
    let views = try status.views.filter { $0.length > 0 }.map {
      try report($0.key, .view($0.name), length: $0.length, signed: $0.signedLength)
    }
    return (writers + views).compactMap(\.self)
  }
}
