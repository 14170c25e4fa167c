public import Hypercore

/// A view as a program sees it: blocks that are there, and those it has appended since.
public final class ApplyView {
  /// Its name.
  public let name: String
  private let below: any ReadableLog
  private let belowLength: UInt64
  private var blocks: [[UInt8]] = []

  /// A view over the first `length` blocks of a log.
  public init(name: String, below: any ReadableLog, length: UInt64? = nil) {
    self.name = name
    self.below = below
    belowLength = length ?? below.length
  }

  /// A view that is the same and goes its own way from here on.
  init(copy other: ApplyView) {
    name = other.name
    below = other.below
    belowLength = other.belowLength
    blocks = other.blocks
  }

  /// Number of blocks.
  public var length: UInt64 { belowLength + UInt64(blocks.count) }

  /// A block.
  public func block(at index: UInt64) throws -> [UInt8] {
    guard index >= belowLength else { return try below.block(at: index) }
    guard index < length else { throw LogError.blockNotAvailable(index: index, length: length) }
    return blocks[Int(index - belowLength)]
  }

  /// Adds blocks.
  public func append(_ new: [[UInt8]]) { blocks += new }

  /// What a batch says of it.
  func state() throws -> ApplyBatch.View {
    ApplyBatch.View(name: name, length: length, last: length == 0 ? nil : try block(at: length - 1))
  }

  /// The answer to a question for blocks.
  func blocks(from index: UInt64, count: UInt64) throws -> ApplyBlocks {
    var found: [[UInt8]] = []
    var size = 0
    var next = index
    while next < length, UInt64(found.count) < count, size < ApplyLimits.blocksByteCount {
      let block = try block(at: next)
      size += block.count
      found.append(block)
      next += 1
    }
    return ApplyBlocks(view: name, index: index, blocks: found)
  }
}
