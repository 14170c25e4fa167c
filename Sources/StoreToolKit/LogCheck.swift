public import Corestore
public import Hypercore
import ToolKit

/// What a check of one stored log found: every block hashed again, the tree, the head, the signature, and whether the
/// blocks that the store claims to have without gap are there.
public struct LogCheck {
  /// One thing that is wrong.
  public struct Problem: Sendable, Equatable {
    /// The first block that it puts in doubt; nil when that is not known.
    public var block: UInt64?
    /// One line for people.
    public var text: String
  }

  /// Number of blocks that were hashed.
  public private(set) var blocks: UInt64 = 0
  /// What is wrong, the first bad block first.
  public private(set) var problems: [Problem] = []

  /// Checks a log of `store` in one read transaction. A page that cannot be read is a problem, not an error.
  ///
  /// - Parameter onBlock: called for each block that is hashed.
  /// - Throws: what has nothing to do with the log: a store that is busy, or of a newer version.
  public init(_ log: Hypercore, in store: Corestore, onBlock: () -> Void = {}) throws {
    do {
      try store.read {
        let audit = try log.audit(onBlock: onBlock)
        blocks = audit.checkedBlocks
        if let first = audit.firstBadBlock, log.length > 0 {
          problems.append(Problem(block: first, text: "block \(first) is the first bad block"))
        }
        problems += audit.faults.map { Problem(block: $0.blocks?.lowerBound, text: "\($0)") }
        let missing = try log.firstMissingBlock()
        if missing < log.contiguousLength {
          problems.append(Problem(block: missing, text: "block \(missing) is missing"))
        }
      }
    } catch let error as any ToolErrorConvertible where error.toolError.status == .integrity {
      problems.append(Problem(block: nil, text: error.toolError.message))
    }
  }
}
