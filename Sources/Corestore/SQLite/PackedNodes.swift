import CompactEncoding
import Hypercore

/// Rowids of entries: the area in the high bits, the block index in the low 40.
enum BlockID {
  static let indexBits: UInt64 = 40
  /// Indexes are below this.
  static let limit: UInt64 = 1 << indexBits

  static func make(_ area: AreaID, _ index: UInt64) -> UInt64 { UInt64(area.rawValue) << indexBits | index }
  static func index(_ id: UInt64) -> UInt64 { id & (limit - 1) }
}

/// The tree nodes of an entry as they are stored: by depth, the leaf first, 40 bytes each, size (8 bytes, little
/// endian) and hash. A node that is not stored is all zero, or cut off at the end.
enum PackedNodes {
  static let nodeSize = 40

  static func node(_ index: UInt64, in bytes: UnsafeRawBufferPointer) -> TreeNode? {
    let offset = Int(FlatTree.depth(index)) * nodeSize
    guard offset + nodeSize <= bytes.count else { return nil }
    let size = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    let hash = Fixed32 { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset + 8..<offset + nodeSize])) }
    return hash == Fixed32() && size == 0 ? nil : TreeNode(index: index, size: size, hash: hash)
  }

  static func put(_ node: TreeNode, into bytes: inout [UInt8]) {
    let offset = Int(FlatTree.depth(node.index)) * nodeSize
    if bytes.count < offset + nodeSize {
      bytes.append(contentsOf: repeatElement(0, count: offset + nodeSize - bytes.count))
    }
    bytes.withUnsafeMutableBytes { write(node, into: $0, at: offset) }
  }

  /// Calls `body` with all nodes of an entry, which are given from the leaf upwards.
  static func withPacked(
    _ nodes: ArraySlice<TreeNode>, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
  ) throws(StoreError) {
    try withUnsafeTemporaryAllocation(byteCount: nodes.count * nodeSize, alignment: 8) { buffer throws(StoreError) in
      var offset = 0
      for node in nodes {
        write(node, into: buffer, at: offset)
        offset += nodeSize
      }
      try body(UnsafeRawBufferPointer(buffer))
    }
  }

  private static func write(_ node: TreeNode, into buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
    buffer.storeBytes(of: node.size.littleEndian, toByteOffset: offset, as: UInt64.self)
    node.hash.withUnsafeBytes {
      UnsafeMutableRawBufferPointer(rebasing: buffer[offset + 8..<offset + nodeSize]).copyMemory(from: $0)
    }
  }
}
