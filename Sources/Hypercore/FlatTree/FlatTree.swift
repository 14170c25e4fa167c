/// Positions in a binary tree laid out in a row: the leaves of a log are the even numbers, and every inner node lies
/// halfway between its children.
///
/// ```
/// 0─┐
///   1─┐
/// 2─┘ │
///     3─┐
/// 4─┐ │ │
///   5─┘ │
/// 6─┘   7
/// 8─┐
///   9
/// 10┘
/// ```
///
/// The node at depth d and offset o has index `(1 + 2o)·2^d − 1`: its lowest d bits are ones, bit d is zero, and the
/// bits above are the offset. Every function below is arithmetic on those bits. Block i is leaf 2i.
///
/// Indexes are meant to be below 2^60; with larger ones the results wrap around, and nothing traps.
///
/// Source: spec 01 §8.
public enum FlatTree {
  /// The index of the node at a depth and offset.
  @inlinable
  public static func index(depth: UInt64, offset: UInt64) -> UInt64 { (((offset << 1) | 1) << depth) &- 1 }

  /// Number of levels below the node: the number of its trailing one bits; 0 for a leaf.
  @inlinable
  public static func depth(_ index: UInt64) -> UInt64 { UInt64((~index).trailingZeroBitCount) }

  /// Number of nodes of the same depth to the left.
  @inlinable
  public static func offset(_ index: UInt64) -> UInt64 { index >> (depth(index) + 1) }

  /// Whether the index is that of a leaf.
  @inlinable
  public static func isLeaf(_ index: UInt64) -> Bool { index & 1 == 0 }

  /// The node above.
  @inlinable
  public static func parent(_ index: UInt64) -> UInt64 {
    let bit = lowestZero(index)
    return (index | bit) & ~(bit << 1)
  }

  /// The other child of the parent.
  @inlinable
  public static func sibling(_ index: UInt64) -> UInt64 { index ^ (lowestZero(index) << 1) }

  /// The left child; nil for a leaf.
  @inlinable
  public static func leftChild(_ index: UInt64) -> UInt64? {
    isLeaf(index) ? nil : index &- (lowestZero(index) >> 1)
  }

  /// The right child; nil for a leaf.
  @inlinable
  public static func rightChild(_ index: UInt64) -> UInt64? {
    isLeaf(index) ? nil : index &+ (lowestZero(index) >> 1)
  }

  /// The left-most leaf below the node; a leaf is its own.
  @inlinable
  public static func leftSpan(_ index: UInt64) -> UInt64 { index &- lowestZero(index) &+ 1 }

  /// The right-most leaf below the node; a leaf is its own.
  @inlinable
  public static func rightSpan(_ index: UInt64) -> UInt64 { index &+ lowestZero(index) &- 1 }

  /// Number of nodes of the subtree, itself included.
  @inlinable
  public static func count(_ index: UInt64) -> UInt64 { (lowestZero(index) << 1) &- 1 }

  /// Number of leaves of the subtree.
  @inlinable
  public static func countLeaves(_ index: UInt64) -> UInt64 { lowestZero(index) }

  /// The first leaf behind the subtree.
  @inlinable
  public static func nextLeaf(_ index: UInt64) -> UInt64 { rightSpan(index) &+ 2 }

  /// Whether `other`, a node or the even position behind the last leaf of a log, lies in the subtree of `index`.
  @inlinable
  public static func contains(_ index: UInt64, _ other: UInt64) -> Bool {
    leftSpan(index) <= other && other <= rightSpan(index)
  }

  /// A number whose only bit is the lowest zero bit of `index`: 2 to the power of the depth.
  @inlinable
  static func lowestZero(_ index: UInt64) -> UInt64 { ~index & (index &+ 1) }
}
