internal import CompactEncoding

/// Reads blocks of a log and the siblings on their way up, to answer many requests in one transaction.
///
/// It belongs to the thread of its log; everything happens inside one transaction of the log's context.
public struct BlockServer {
  private let state: LogState

  /// Reads from the default state of a log as it is in the open transaction.
  public init(_ log: Hypercore) throws { state = try log.mainState }

  /// The block at `index` as it is stored and hashed, or nil.
  public func block(_ index: UInt64) throws -> [UInt8]? { try state.block(at: index) }

  /// Puts the siblings on the way up from a block, from its leaf's, at the end of `nodes`.
  ///
  /// - Throws: ``MerkleError/nodesOutOfBounds`` when the way leads out of the log, ``MerkleError/missingNode(_:)``.
  public func siblings(ofBlock index: UInt64, count: UInt64, into nodes: inout [TreeNode]) throws {
    let head = 2 * state.length
    var index = 2 * index
    for _ in 0..<count {
      let sibling = FlatTree.sibling(index)
      index = FlatTree.parent(index)
      guard !FlatTree.contains(index, head) else { throw MerkleError.nodesOutOfBounds }
      nodes.append(try state.requiredNode(at: sibling))
    }
  }
}
