public import CompactEncoding

/// Why a classic base could not do what it was asked.
public enum ClassicError: Error, Hashable, Sendable {
  /// An entry that is needed is not here: its block is not stored, or it lies beyond the known length of its input.
  /// Fetch it, then try again.
  case unavailable(key: Fixed32, seq: UInt64, length: UInt64)
  /// A block is no node of its log's format.
  case malformed(key: Fixed32, seq: UInt64, reason: String)
  /// The first block is of no known format.
  case unknownFormat(key: Fixed32)
  /// The input was truncated while it was being read. Open a new stream.
  case truncated(key: Fixed32)
  /// The newest entries of these inputs each depend on one of the others: they cannot have been written honestly.
  case cycle(keys: [Fixed32])
  /// The log is not an input of the base.
  case notAnInput(Fixed32)
  /// Nothing was said about which input to append to, and there is no local one; or it cannot be written.
  case notWritable(Fixed32?)
  /// `start` was called before.
  case alreadyStarted
  /// Another change of members was committed since this one was begun. Begin it again.
  case batchOutOfDate
  /// The base is closed.
  case closed
}

extension ClassicError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .unavailable(let key, let seq, let length):
      "entry \(seq) of input \(key) is not available: \(length) entries are known"
    case .malformed(let key, let seq, let reason): "block \(seq) of \(key) is no node: \(reason)"
    case .unknownFormat(let key): "the first block of \(key) is neither a classic node nor an oplog message"
    case .truncated(let key): "input \(key) was truncated while it was being read: open a new stream"
    case .cycle(let keys):
      "the newest entries of these inputs depend on each other in a circle: "
        + keys.map(\.description).joined(separator: ", ")
    case .notAnInput(let key): "\(key) is not an input of the base"
    case .notWritable(let key):
      key.map { "input \($0) cannot be written here" } ?? "there is no local input: say which input to append to"
    case .alreadyStarted: "the base was started before: it can only be started once"
    case .batchOutOfDate: "the members were changed meanwhile: begin this change of members again"
    case .closed: "the base is closed"
    }
  }
}
