/// A state of a log frozen at one moment.
///
/// It costs nothing until the log is truncated: then the blocks and nodes that go away, as far as they were stored,
/// are kept here in memory. When another process truncates, they are lost.
final class LogSnapshot: NodeReader {
  let state: LogState
  let tree: MerkleTree
  let signature: [UInt8]?
  /// Blocks below are still those of the live state.
  private(set) var compatibleLength: UInt64
  private var blocks: [UInt64: [UInt8]] = [:]
  private var nodes: [UInt64: TreeNode] = [:]

  init(_ state: LogState) throws {
    self.state = state
    tree = state.tree
    signature = try state.signature()
    compatibleLength = state.length
    state.snapshots.removeAll { $0.value == nil }
    state.snapshots.append(WeakBox(value: self))
  }

  func block(at index: UInt64) throws -> [UInt8]? {
    if let kept = blocks[index] { return kept }
    guard index < compatibleLength else { throw SessionError.snapshotNotAvailable(index: index) }
    return try state.block(at: index)
  }

  func hasBlock(_ index: UInt64) throws -> Bool {
    if blocks[index] != nil { return true }
    return index < compatibleLength ? try state.hasBlock(index) : false
  }

  func node(at index: UInt64) throws -> TreeNode? {
    if let kept = nodes[index] { return kept }
    guard FlatTree.entry(of: index) < compatibleLength else { return tree.roots.first { $0.index == index } }
    return try state.node(at: index)
  }

  func tree(at length: UInt64) throws -> MerkleTree {
    length == tree.length ? tree : try MerkleTree(length: length, fork: tree.fork, from: self)
  }

  /// Keeps the stored blocks of a range.
  func keepBlocks(_ range: Range<UInt64>) throws {
    for index in range where index < compatibleLength {
      if let block = try state.block(at: index) { blocks[index] = block }
    }
  }

  /// Called before the state is truncated.
  func truncate(to length: UInt64) throws {
    guard length < compatibleLength else { return }
    try keepBlocks(length..<compatibleLength)
    for entry in length..<compatibleLength {
      for index in FlatTree.nodes(ofEntry: entry) {
        if let node = try state.node(at: index) { nodes[index] = node }
      }
    }
    let before = compatibleLength
    compatibleLength = length
    state.context.afterRollback { self.compatibleLength = before }
  }

  /// Called after somebody else truncated the state.
  func lose(from length: UInt64) { compatibleLength = min(compatibleLength, length) }
}
