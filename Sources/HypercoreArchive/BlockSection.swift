internal import CompactEncoding
public import Hypercore

/// Blocks that follow one another, with their proof.
public struct BlockSection: Sendable {
  /// Number of the log in the archive, counted from 0.
  public let log: Int
  /// Index of the first block.
  public let first: UInt64
  /// The blocks; at least one.
  public let blocks: [ArraySlice<UInt8>]
  /// The nodes beside them, see `RangeProof`.
  public let proof: [TreeNode]

  /// Indexes of the blocks.
  public var range: Range<UInt64> { first..<first + UInt64(blocks.count) }

  /// The section's content.
  static func encode(log: Int, first: UInt64, blocks: [[UInt8]], proof: [TreeNode]) -> [UInt8] {
    var size = Size()
    size.byte()
    size.uint(UInt64(log))
    size.uint(first)
    size.uint(UInt64(blocks.count))
    size.array(proof)
    for block in blocks {
      size.uint(UInt64(block.count))
      size.raw(block.count)
    }
    return Writer.bytes(count: size.count) { writer in
      writer.uint8(HypercoreArchive.Kind.blocks)
      writer.uint(UInt64(log))
      writer.uint(first)
      writer.uint(UInt64(blocks.count))
      writer.array(proof)
      for block in blocks { writer.uint(UInt64(block.count)) }
      for block in blocks { writer.raw(block) }
    }
  }

  /// Reads a section; its blocks share its bytes.
  init(_ content: [UInt8]) throws(DecodingError) {
    var reader = Reader(content.span.bytes)
    guard try reader.uint8() == HypercoreArchive.Kind.blocks else { throw .invalid("it holds no blocks") }
    log = Int(truncatingIfNeeded: try reader.uint())
    first = try reader.uint()
    let count = try reader.count()
    guard count > 0, first <= maximumSafeInteger - UInt64(count) else { throw .invalid("it holds no blocks") }
    proof = try reader.array(of: TreeNode.self, minimumSize: 34)
    var sizes: [Int] = []
    sizes.reserveCapacity(count)
    var total = 0
    for _ in 0..<count {
      let size = try reader.uint()
      guard size <= UInt64(Hypercore.maximumBlockSize) else { throw .numberTooLarge(size) }
      sizes.append(Int(size))
      total += Int(size)
    }
    guard total == reader.remaining else {
      throw .invalid("its blocks have \(total) bytes, and \(reader.remaining) follow")
    }
    var position = reader.position
    var blocks: [ArraySlice<UInt8>] = []
    blocks.reserveCapacity(count)
    for size in sizes {
      blocks.append(content[position..<position + size])
      position += size
    }
    self.blocks = blocks
  }
}
