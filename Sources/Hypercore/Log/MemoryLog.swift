/// A log in memory: unsigned, for views made from a pipe, for tests and for simulations.
public final class MemoryLog: AppendableLog {
  /// All blocks.
  public private(set) var blocks: [[UInt8]]
  public private(set) var fork: UInt64

  /// A log that holds `blocks`.
  public init(_ blocks: [[UInt8]] = [], fork: UInt64 = 0) {
    self.blocks = blocks
    self.fork = fork
  }

  public var length: UInt64 { UInt64(blocks.count) }

  public func block(at index: UInt64) throws -> [UInt8] {
    guard index < length else { throw LogError.blockNotAvailable(index: index, length: length) }
    return blocks[Int(index)]
  }

  @discardableResult
  public func append(_ new: [[UInt8]]) throws -> UInt64 {
    blocks.append(contentsOf: new)
    return length
  }

  public func truncate(to length: UInt64) throws {
    precondition(length <= self.length, "a truncation does not lengthen a log")
    blocks.removeSubrange(Int(length)...)
    fork += 1
  }

  public func snapshot() throws -> any ReadableLog { MemoryLog(blocks, fork: fork) }
}
