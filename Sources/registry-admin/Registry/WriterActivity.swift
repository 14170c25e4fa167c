import Autobase
import CompactEncoding
import Corestore
import Glibc
import Hypercore
import RegistryNode

/// When each writer was last heard of, and who of them seems to be up.
///
/// A store knows when it last got something of each log, and whose votes are missing. That is evidence, not certainty:
/// where nothing is written nobody votes. So a writer counts as up when it was heard of not much earlier than the last
/// thing that happened at all, and is not one whose vote everybody waits for.
struct WriterActivity {
  /// What is known of one writer.
  struct Writer {
    var key: Fixed32
    /// Milliseconds since 1970; nil when nothing of its log is here.
    var lastSeen: UInt64?
    /// Its vote or signature is missing, and has been for a while.
    var isAwaited: Bool
    var isUp: Bool
  }

  /// How long a vote may be missing before its writer counts as silent.
  static let graceMilliseconds: UInt64 = 5000

  private let writers: [Fixed32: Writer]
  /// The time of the last thing that happened.
  let latest: UInt64?

  /// - Parameters:
  ///   - window: how much earlier than the last thing that happened a writer may have been heard of.
  ///   - now: milliseconds since 1970.
  init(
    _ node: RegistryNode, _ status: AutobaseStatus, window: UInt64, now: UInt64 = WriterActivity.now()
  ) throws {
    let logs = node.store.namespace(RegistryNode.namespace)
    var seen: [Fixed32: UInt64] = [:]
    for key in Set(status.writers.map(\.key) + status.info.indexers.map(\.key)) where try logs.has(key: key) {
      let head = try logs.get(key: key, isReadOnly: true).head()
      if head.length > 0 { seen[key] = head.timestamp }
    }
    let latest = seen.values.max()
    let awaited: [Fixed32] =
      switch status.wait {
      case .votes(let from, _), .signatures(let from, _), .indexerNode(let from): from
      default: []
      }
    let isOverdue = latest.map { $0 + Self.graceMilliseconds < now } ?? false
    var writers: [Fixed32: Writer] = [:]
    for key in Set(status.writers.map(\.key) + status.indexers + status.info.indexers.map(\.key)) {
      let isLocal = key == status.localKey
      let isAwaited = awaited.contains(key) && isOverdue && !isLocal
      let isRecent = seen[key].map { $0 + window >= latest ?? 0 } ?? false
      writers[key] = Writer(
        key: key, lastSeen: seen[key], isAwaited: isAwaited, isUp: isLocal || (isRecent && !isAwaited))
    }
    self.writers = writers
    self.latest = latest
  }

  subscript(key: Fixed32) -> Writer {
    writers[key] ?? Writer(key: key, lastSeen: nil, isAwaited: false, isUp: false)
  }

  /// Milliseconds since 1970.
  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }
}

extension WriterActivity.Writer {
  /// When it was last heard of, for people.
  var seenText: String { Self.text(lastSeen: lastSeen) }

  static func text(lastSeen: UInt64?) -> String {
    guard let lastSeen else { return "never" }
    let seconds = WriterActivity.now().subtractingReportingOverflow(lastSeen)
    return seconds.overflow ? "just now" : Self.text(age: seconds.partialValue / 1000)
  }

  private static func text(age seconds: UInt64) -> String {
    switch seconds {
    case 0..<2: "just now"
    case 2..<120: "\(seconds) s ago"
    case 120..<7200: "\(seconds / 60) min ago"
    case 7200..<172_800: "\(seconds / 3600) h ago"
    default: "\(seconds / 86_400) days ago"
    }
  }
}
