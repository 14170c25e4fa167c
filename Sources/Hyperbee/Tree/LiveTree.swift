import Hypercore

/// The tree of one version as objects, shared by a bee and its snapshots: of the newest version that was read or
/// written.
///
/// Lookups load nodes into it. A batch takes the tree, changes it, and gives it back when its blocks were appended,
/// so that a row of small batches decodes nothing. It is dropped when it holds more nodes than allowed.
final class LiveTree {
  private let capacity: Int
  private var version: UInt64 = 0
  private var epoch: UInt64 = 0
  private var root: DraftNode?
  private var count = 0

  /// - Parameter capacity: most nodes held between two uses.
  init(capacity: Int) { self.capacity = capacity }

  /// The block that holds `key` in the version of `tree`, or nil.
  func sequence(of key: [UInt8], in tree: Tree) throws -> UInt64? {
    guard tree.version >= 2 else { return nil }
    guard var node = try root(of: tree) else { return try find(key, in: tree) }
    if count > capacity { reset() }
    let probe = Probe(key)
    for _ in 0..<Tree.maximumHeight {
      let (isHit, index) = try probe.search(&node.keys) { try tree.block(at: $0.sequence).key }
      if isHit { return node.keys[index].sequence }
      if node.isLeaf { return nil }
      let child = node.children[index]
      if let loaded = child.node {
        node = loaded
      } else {
        node = DraftNode(try tree.node(at: child.address))
        child.node = node
        count += 1
      }
    }
    throw tree.tooHigh
  }

  /// The root for a batch that writes behind `tree`, and the number of nodes below it. The tree is the batch's alone
  /// until it gives it back.
  func take(for tree: Tree) -> (root: DraftNode?, count: Int) {
    guard tree.version == version, tree.epoch == epoch else { return (nil, 0) }
    defer { reset() }
    return (root, count)
  }

  /// Keeps the tree that a batch left behind.
  func give(_ root: DraftNode?, count: Int, version: UInt64, epoch: UInt64) {
    guard count <= capacity else { return }
    self.root = root
    self.count = count
    self.version = version
    self.epoch = epoch
  }

  private func reset() {
    root = nil
    version = 0
    count = 0
  }

  /// The root at the version of `tree`. Moves on to newer versions, but never back: nil for an older one.
  private func root(of tree: Tree) throws -> DraftNode? {
    if tree.version == version, tree.epoch == epoch { return root }
    guard tree.version >= version || tree.epoch > epoch, tree.epoch >= epoch, tree.version == tree.log.length else {
      return nil
    }
    let loaded = try tree.root().map(DraftNode.init)
    reset()
    give(loaded, count: 1, version: tree.version, epoch: tree.epoch)
    return loaded
  }

  /// Looks a key up without keeping objects.
  private func find(_ key: [UInt8], in tree: Tree) throws -> UInt64? {
    guard var node = try tree.root() else { return nil }
    for _ in 0..<Tree.maximumHeight {
      let (isHit, index) = try tree.search(key, in: node)
      if isHit { return node.keys[index].sequence }
      if node.isLeaf { return nil }
      node = try tree.node(at: node.children[index])
    }
    throw tree.tooHigh
  }
}
