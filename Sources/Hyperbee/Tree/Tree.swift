import Hypercore

/// The tree at one version of a log: loads nodes, compares keys, walks.
struct Tree {
  let log: any ReadableLog
  let version: UInt64
  let epoch: UInt64
  /// The cache, when it serves this epoch.
  let cache: NodeCache?

  /// More levels than any tree can have: 2 · 5^30 leaves exceed 2^64.
  static let maximumHeight = 32

  init(log: any ReadableLog, version: UInt64, epoch: UInt64, cache: NodeCache) {
    self.log = log
    self.version = version
    self.epoch = epoch
    if epoch > cache.epoch { cache.move(to: epoch) }
    self.cache = epoch == cache.epoch ? cache : nil
  }

  // MARK: Loading

  /// The root, or nil in an empty bee.
  func root() throws -> TreeNode? {
    guard version >= 2 else { return nil }
    return try node(at: rootAddress)
  }

  var rootAddress: NodeAddress { NodeAddress(sequence: version - 1, offset: 0) }

  /// - Throws: ``BeeError/invalidBlock(sequence:reason:)`` when there is no such node or it breaks a rule of the tree;
  ///   whatever the log throws.
  func node(at address: NodeAddress) throws -> TreeNode {
    if let node = cache?.node(at: address) { return node }
    let levels = try block(at: address.sequence).levels()
    guard address.offset < UInt64(levels.count) else {
      throw BeeError.invalidBlock(sequence: address.sequence, reason: "it has no level \(address.offset)")
    }
    let node = levels[Int(address.offset)]
    guard node.children.isEmpty || (node.children.count == node.keys.count + 1 && node.children.count > 1) else {
      throw BeeError.invalidBlock(
        sequence: address.sequence,
        reason: "level \(address.offset) has \(node.keys.count) keys and \(node.children.count) children")
    }
    cache?.insert(node, at: address)
    return node
  }

  func block(at sequence: UInt64) throws -> Block {
    guard log.epoch == epoch else {
      throw BeeError.logChanged(
        expectedLength: version, foundLength: log.length, expectedEpoch: epoch, foundEpoch: log.epoch)
    }
    guard sequence > 0, sequence < version else {
      throw BeeError.invalidBlock(sequence: sequence, reason: "it lies outside version \(version)")
    }
    return try Block(decoding: log.block(at: sequence), sequence: sequence)
  }

  func entry(at sequence: UInt64) throws -> Hyperbee.Entry {
    let block = try block(at: sequence)
    return Hyperbee.Entry(sequence: sequence, key: block.key, value: block.value)
  }

  /// The bytes of a key, read once per node.
  @inline(__always)
  func key(_ index: Int, of node: TreeNode) throws -> [UInt8] {
    if let bytes = node.keys[index].bytes { return bytes }
    let bytes = try block(at: node.keys[index].sequence).key
    node.keys[index].bytes = bytes
    return bytes
  }

  // MARK: Walking

  /// The position of `key` in a node, or where it would be inserted.
  func search(_ key: [UInt8], in node: TreeNode) throws -> (isHit: Bool, index: Int) {
    try Probe(key).search(&node.keys) { try block(at: $0.sequence).key }
  }

  /// Number of levels from the root to the leaves.
  func height() throws -> Int {
    guard var node = try root() else { return 0 }
    for height in 1...Tree.maximumHeight {
      if node.isLeaf { return height }
      node = try self.node(at: node.children[0])
    }
    throw tooHigh
  }

  var tooHigh: BeeError {
    .invalidBlock(sequence: version - 1, reason: "the tree is more than \(Tree.maximumHeight) levels high")
  }
}
