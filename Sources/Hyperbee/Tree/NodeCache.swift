/// A bounded cache of decoded tree nodes, shared by a bee and its snapshots.
///
/// It holds nodes of one epoch of the log; a reader at another one goes without. Two generations: when the young one is full it
/// becomes the old one and the previous old one is dropped; a hit in the old one moves the node to the young one.
final class NodeCache {
  private(set) var epoch: UInt64 = 0
  private let generationCapacity: Int
  private var young: [NodeAddress: TreeNode] = [:]
  private var old: [NodeAddress: TreeNode] = [:]

  /// - Parameter capacity: most nodes held, at least 2.
  init(capacity: Int) { generationCapacity = max(1, capacity / 2) }

  /// Drops everything unless it belongs to `epoch`.
  func move(to epoch: UInt64) {
    guard epoch != self.epoch else { return }
    self.epoch = epoch
    young = [:]
    old = [:]
  }

  func node(at address: NodeAddress) -> TreeNode? {
    if let node = young[address] { return node }
    guard let node = old[address] else { return nil }
    insert(node, at: address)
    return node
  }

  func insert(_ node: TreeNode, at address: NodeAddress) {
    if young.count >= generationCapacity {
      old = young
      young = [:]
    }
    young[address] = node
  }
}
