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
/// thing that happened at all. But when votes are missing and nothing has happened for a while, those who are up have
/// said what they have to say: then only who took part in what happened last counts.
struct WriterActivity {
  /// What is known of one writer.
  struct Writer {
    var key: Fixed32
    /// Milliseconds since 1970; nil when nothing of its log is here.
    var lastSeen: UInt64?
    /// Votes or signatures are missing, and it was not heard of although others were.
    var isAwaited: Bool
    var isUp: Bool
  }

  /// How long votes may be missing before those who did not speak count as silent.
  static let graceMilliseconds: UInt64 = 5000
  /// How long nodes take to answer each other.
  static let answerMilliseconds: UInt64 = 2000

  /// How much earlier than the last thing that happened a writer may have been heard of to count as up.
  static let standardWindowMilliseconds: UInt64 = 600_000

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
    let isOpen =
      switch status.wait {
      case .votes, .signatures, .indexerNode: true
      default: false
      }
    let isStuck = isOpen && latest.map { $0 + Self.graceMilliseconds < now } ?? false
    var writers: [Fixed32: Writer] = [:]
    for key in Set(status.writers.map(\.key) + status.indexers + status.info.indexers.map(\.key)) {
      let isLocal = key == status.localKey
      let answered = seen[key].map { $0 + Self.answerMilliseconds >= latest ?? 0 } ?? false
      let isAwaited = isStuck && !isLocal && !answered
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
