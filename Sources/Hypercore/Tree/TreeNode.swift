public import CompactEncoding
internal import HypercoreCrypto

/// A node of a log's Merkle tree.
///
/// Encoded, on the wire and in storage alike, as `uint index ‖ uint size ‖ hash(32)` (spec 01 §10.6).
@frozen
public struct TreeNode: Hashable, Sendable {
  /// Position in the flat tree; block i is leaf 2i.
  public let index: UInt64
  /// Bytes of all blocks below.
  public let size: UInt64
  /// BLAKE2b-256 of the block (leaf), or of the two nodes below.
  public let hash: Fixed32

  /// A node with known hash.
  @inlinable
  public init(index: UInt64, size: UInt64, hash: Fixed32) {
    self.index = index
    self.size = size
    self.hash = hash
  }

  /// The leaf of a block.
  public init(block: [UInt8], at blockIndex: UInt64) {
    index = 2 * blockIndex
    size = UInt64(block.count)
    hash = MerkleHash.leaf(block)
  }

  /// The node above two siblings, in either order.
  ///
  /// The caller knows that the sizes add up to less than 2^64: they are those of a log that exists.
  public init(parentOf a: TreeNode, _ b: TreeNode) {
    let (left, right) = a.index < b.index ? (a, b) : (b, a)
    index = FlatTree.parent(a.index)
    size = left.size + right.size
    hash = MerkleHash.parent(size: size, left: left.hash, right: right.hash)
  }

  /// The node above two siblings that came from somebody else.
  ///
  /// - Throws: ``MerkleError/tooLarge`` when the sizes add up to more than 2^53 − 1 bytes.
  init(parentOf a: TreeNode, untrusted b: TreeNode) throws(MerkleError) {
    guard a.size <= maximumSafeInteger, b.size <= maximumSafeInteger - a.size else { throw .tooLarge }
    self.init(parentOf: a, b)
  }
}

extension TreeNode: CompactEncodable, CompactDecodable {
  /// The fewest bytes of an encoded node.
  static let minimumSize = 34

  @inlinable
  public func measure(_ size: inout Size) {
    size.uint(index)
    size.uint(self.size)
    size.fixed32()
  }

  @inlinable
  public func encode(into writer: inout Writer) {
    writer.uint(index)
    writer.uint(size)
    writer.fixed32(hash)
  }

  @inlinable
  public init(from reader: inout Reader) throws(DecodingError) {
    index = try reader.uint()
    size = try reader.uint()
    hash = try reader.fixed32()
  }
}
