/// A log of blocks that can be read: a core, a draft of one, a snapshot, or plain memory.
///
/// Reading is synchronous. A block that is part of the log but not stored here makes ``block(at:)`` throw
/// ``LogError/blockNotAvailable(index:length:)``; whoever drives the pure code fetches the block and tries again.
public protocol ReadableLog: AnyObject {
  /// Number of blocks.
  var length: UInt64 { get }
  /// Counts truncations.
  var fork: UInt64 { get }
  /// Grows whenever blocks that could be read may since have been replaced: with a truncation, and when a transaction
  /// that had appended was undone. A cache of blocks is valid only while the epoch is the same.
  var epoch: UInt64 { get }
  /// The block at `index`, counted from 0.
  ///
  /// - Throws: ``LogError/blockNotAvailable(index:length:)``, or an error of the storage below.
  func block(at index: UInt64) throws -> [UInt8]
  /// The log as it is now, unaffected by later appends and truncations.
  func snapshot() throws -> any ReadableLog
  /// Runs `body`, in which many reads cost a store little more than one, and all see the same state.
  func reading<R>(_ body: () throws -> R) throws -> R
}

extension ReadableLog {
  /// The fork, in logs whose changes are never undone.
  public var epoch: UInt64 { fork }
  /// Runs `body`.
  public func reading<R>(_ body: () throws -> R) throws -> R { try body() }
}

/// A log that can be written.
public protocol AppendableLog: ReadableLog {
  /// Appends all blocks at once and returns the new length. An empty list changes nothing.
  @discardableResult
  func append(_ blocks: [[UInt8]]) throws -> UInt64
  /// Drops the blocks from `length` on and raises the fork.
  func truncate(to length: UInt64) throws
  /// Runs `body`, whose changes take effect together when it returns, and not at all when it throws, as far as the
  /// storage below has transactions.
  func writing<R>(_ body: () throws -> R) throws -> R
}

extension AppendableLog {
  /// Runs `body`.
  public func writing<R>(_ body: () throws -> R) throws -> R { try body() }
}

/// Why a log could not be read.
public enum LogError: Error, Equatable, Sendable {
  /// The block is not stored here, or lies beyond the end.
  case blockNotAvailable(index: UInt64, length: UInt64)
}
