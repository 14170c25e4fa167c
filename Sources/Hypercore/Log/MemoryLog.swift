/// A log in memory: unsigned, for views made from a pipe, for tests and for simulations.
///
/// A snapshot shares the storage of its log: blocks are only ever added to it, and whoever needs another tail copies.
public final class MemoryLog: AppendableLog {
  private final class Storage {
    var blocks: [[UInt8]]
    init(_ blocks: [[UInt8]]) { self.blocks = blocks }
  }

  private var storage: Storage
  private var count: Int
  public private(set) var fork: UInt64

  /// A log that holds `blocks`.
  public init(_ blocks: [[UInt8]] = [], fork: UInt64 = 0) {
    storage = Storage(blocks)
    count = blocks.count
    self.fork = fork
  }

  private init(sharing log: MemoryLog) {
    storage = log.storage
    count = log.count
    fork = log.fork
  }

  /// All blocks.
  public var blocks: [[UInt8]] { Array(storage.blocks.prefix(count)) }

  public var length: UInt64 { UInt64(count) }

  public func block(at index: UInt64) throws -> [UInt8] {
    guard index < length else { throw LogError.blockNotAvailable(index: index, length: length) }
    return storage.blocks[Int(index)]
  }

  @discardableResult
  public func append(_ new: [[UInt8]]) throws -> UInt64 {
    if storage.blocks.count != count { storage = Storage(blocks) }
    storage.blocks.append(contentsOf: new)
    count = storage.blocks.count
    return length
  }

  public func truncate(to length: UInt64) throws {
    precondition(length <= self.length, "a truncation does not lengthen a log")
    count = Int(length)
    fork += 1
  }

  public func snapshot() throws -> any ReadableLog { MemoryLog(sharing: self) }
}
