extension FlatTree {
  /// The roots of a log of `length` blocks, left to right: the largest full subtrees that tile its leaves.
  @inlinable
  public static func fullRoots(length: UInt64) -> [UInt64] {
    var roots: [UInt64] = []
    roots.reserveCapacity(length.nonzeroBitCount)
    for root in Roots(from: 0, to: length) { roots.append(root) }
    return roots
  }

  /// The largest full subtrees that tile the leaves of blocks `from` to `to`, left to right, without allocating.
  ///
  /// From 0 they are the roots of a log of `to` blocks; from any other length they are, in this order, the nodes
  /// that extend a log of `from` blocks to `to` blocks.
  @frozen
  public struct Roots: Sequence, IteratorProtocol, Sendable {
    @usableFromInline var position: UInt64
    @usableFromInline let end: UInt64

    /// The subtrees that tile blocks `from` (inclusive) to `to` (exclusive).
    @inlinable
    public init(from: UInt64, to: UInt64) {
      position = from
      end = to
    }

    /// The next subtree's index, or nil at the end.
    @inlinable
    public mutating func next() -> UInt64? {
      guard position < end else { return nil }
      // A subtree may start where its size divides the position, and must fit into what is left.
      let fits = UInt64(63 - (end - position).leadingZeroBitCount)
      let aligned = position == 0 ? 63 : UInt64(position.trailingZeroBitCount)
      let leaves: UInt64 = 1 << Swift.min(fits, aligned)
      defer { position += leaves }
      return 2 &* position &+ leaves &- 1
    }
  }

  /// The nodes that a log gains, inner ones included, when it grows from `from` to `to` blocks; none when it starts
  /// empty or does not grow.
  ///
  /// They come in the order of a climb from the last root of the shorter log to the root above it, sibling before
  /// parent, then the roots that follow.
  public static func patch(from: UInt64, to: UInt64) -> [UInt64] {
    guard from > 0, from < to else { return [] }
    var nodes: [UInt64] = []
    var last = fullRoots(length: from).last
    for root in fullRoots(length: to) where rightSpan(root) >= 2 * from {
      if leftSpan(root) >= 2 * from {
        nodes.append(root)
      } else if var node = last {
        while node != root {
          let other = sibling(node)
          if other > node { nodes.append(other) }
          node = parent(node)
          nodes.append(node)
        }
      }
      last = nil
    }
    return nodes
  }

  /// The inner nodes of a log that reach over a cut at `length` blocks: they do not survive a truncation to it,
  /// besides every node from index `2·length` on.
  public static func innerNodes(across length: UInt64) -> [UInt64] {
    guard length > 0 else { return [] }
    var nodes: [UInt64] = []
    var node = 2 * length - 2
    while true {
      if contains(node, 2 * length), node < 2 * length { nodes.append(node) }
      if leftSpan(node) == 0 && rightSpan(node) >= 2 * length { return nodes }
      node = parent(node)
    }
  }
}
