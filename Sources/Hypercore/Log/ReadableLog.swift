/// A log of blocks that can be read: a core, a draft of one, a snapshot, or plain memory.
///
/// Reading is synchronous. A block that is part of the log but not stored here makes ``block(at:)`` throw
/// ``LogError/blockNotAvailable(index:length:)``; whoever drives the pure code fetches the block and tries again.
public protocol ReadableLog: AnyObject {
  /// Number of blocks.
  var length: UInt64 { get }
  /// Counts truncations. A cache of blocks is valid only while the fork is the same.
  var fork: UInt64 { get }
  /// The block at `index`, counted from 0.
  ///
  /// - Throws: ``LogError/blockNotAvailable(index:length:)``, or an error of the storage below.
  func block(at index: UInt64) throws -> [UInt8]
  /// The log as it is now, unaffected by later appends and truncations.
  func snapshot() throws -> any ReadableLog
}

/// A log that can be written.
public protocol AppendableLog: ReadableLog {
  /// Appends all blocks at once and returns the new length. An empty list changes nothing.
  @discardableResult
  func append(_ blocks: [[UInt8]]) throws -> UInt64
  /// Drops the blocks from `length` on and raises the fork.
  func truncate(to length: UInt64) throws
}

/// Why a log could not be read.
public enum LogError: Error, Equatable, Sendable {
  /// The block is not stored here, or lies beyond the end.
  case blockNotAvailable(index: UInt64, length: UInt64)
}
