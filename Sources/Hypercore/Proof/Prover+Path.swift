extension Prover {
  /// The block or node that is asked for.
  struct Target {
    let block: UInt64?
    let index: UInt64
    let nodes: UInt64

    var lastBlock: UInt64 { FlatTree.rightSpan(index) / 2 }

    init?(_ request: ProofRequest) {
      if let target = request.block {
        (block, index, nodes) = (target.index, 2 * target.index, target.nodes)
      } else if let target = request.hash {
        (block, index, nodes) = (nil, target.index, target.nodes)
      } else {
        return nil
      }
    }
  }

  /// The nodes that lead from a target, and from a byte offset, up to a common root.
  struct Path {
    let target: Target?
    var nodes: [TreeNode] = []
    var seekNodes: [TreeNode] = []
    var isMade = false
  }

  /// The node `count` levels above `index`; none of those climbed may reach over the end of the covered range.
  func climb(_ index: UInt64, _ count: UInt64, below to: UInt64) throws(MerkleError) -> UInt64 {
    var index = index
    for _ in 0..<min(count, 64) {
      index = FlatTree.parent(index)
      if FlatTree.contains(index, 2 * to) { throw .nodesOutOfBounds }
    }
    guard count <= 64 else { throw .nodesOutOfBounds }
    return index
  }

  /// Fills in the siblings from the target up to `root`. Where the way to the byte offset branches off, its own
  /// nodes take the sibling's place.
  func fill(_ path: inout Path, seekRoot: UInt64?, upTo root: UInt64) throws {
    guard let target = path.target else {
      if let seekRoot { path.seekNodes = try seekNodes(from: seekRoot, upTo: root) }
      return
    }
    guard FlatTree.contains(root, target.index) else { throw MerkleError.invalidBlockRequest }
    path.isMade = true
    if target.block == nil { path.nodes.append(try nodes.requiredNode(at: target.index)) }
    var index = target.index
    while index != root {
      let sibling = FlatTree.sibling(index)
      if let seekRoot, seekRoot != sibling, FlatTree.contains(sibling, seekRoot) {
        path.seekNodes = try seekNodes(from: seekRoot, upTo: sibling)
      } else {
        path.nodes.append(try nodes.requiredNode(at: sibling))
      }
      index = FlatTree.parent(index)
    }
  }

  private func seekNodes(from seekRoot: UInt64, upTo root: UInt64) throws -> [TreeNode] {
    var result = [try nodes.requiredNode(at: seekRoot)]
    var index = seekRoot
    while index != root {
      result.append(try nodes.requiredNode(at: FlatTree.sibling(index)))
      index = FlatTree.parent(index)
    }
    return result
  }
}
