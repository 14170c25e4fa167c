internal import CompactEncoding
internal import HypercoreCrypto

/// Checks proofs of many blocks of one log and stores what they prove together.
///
/// A proof of a block is its bytes and the siblings on the way up to a node that is known. Whoever asks for many
/// blocks in a row asks for few siblings each, and counts on those that come with the blocks before: so a proof may
/// have to wait for another one (``Outcome/waits``). Every node of a proof that holds is bound by the hashes above it,
/// its size, too, since the size of the block is known. What is stored below can only be what an earlier head signed
/// (``Hypercore/applyEarlier(_:)``), to the left of the way: only siblings there are compared.
///
/// Proven nodes are remembered, so that the next proofs need not read them. A verifier belongs to the thread of its
/// log; everything but ``forget()`` happens inside one transaction of the log's context.
public final class BlockVerifier {
  /// What became of a proof.
  public enum Outcome: Hashable, Sendable {
    /// It holds, and will be stored.
    case proven
    /// It leads to a node that is not known yet.
    case waits
  }

  /// Most nodes that are remembered between transactions.
  private static let rememberedNodeLimit = 1 << 16

  private let log: Hypercore
  private var tree = MerkleTree()
  private var known: [UInt64: TreeNode] = [:]
  private var newNodes: [TreeNode] = []
  private var newBlocks: [StoredBlock] = []
  private var path: [TreeNode] = []

  /// A verifier for the default state of a log.
  public init(_ log: Hypercore) { self.log = log }

  /// Number of blocks that are proven and not stored yet.
  public var pendingCount: Int { newBlocks.count }

  /// Fork of the log as it was last looked at.
  public var fork: UInt64 { tree.fork }

  /// Looks at the log as it is in the open transaction.
  public func refresh() throws {
    let current = try log.mainState.tree
    guard current != tree else { return }
    if current.fork != tree.fork || current.length < tree.length { known.removeAll() }
    tree = current
    if known.count > Self.rememberedNodeLimit { known.removeAll(keepingCapacity: true) }
    for root in tree.roots { known[root.index] = root }
  }

  /// Forgets everything, since a transaction failed.
  public func forget() {
    tree = MerkleTree()
    known.removeAll()
    newNodes.removeAll()
    newBlocks.removeAll()
  }

  /// Checks a proof.
  ///
  /// - Parameter siblings: those on the way up, from the leaf's.
  /// - Throws: ``MerkleError`` when it does not hold, ``MerkleError/contradiction(index:)`` when it does and another
  ///   history is stored, or an error of the storage.
  public func add(block index: UInt64, _ value: ArraySlice<UInt8>, siblings: ArraySlice<TreeNode>) throws -> Outcome {
    guard index < tree.length else { return .waits }
    path.removeAll(keepingCapacity: true)
    var node = TreeNode(block: value, at: index)
    var siblings = siblings
    var other: TreeNode?
    while true {
      if let same = known[node.index] {
        guard same == node else { throw MerkleError.checksumMismatch(index: node.index) }
        break
      }
      guard let sibling = siblings.popFirst() else {
        guard let same = try log.mainState.node(at: node.index) else { return .waits }
        guard same == node else { throw MerkleError.checksumMismatch(index: node.index) }
        known[node.index] = same
        break
      }
      let expected = FlatTree.sibling(node.index)
      guard sibling.index == expected else {
        throw MerkleError.unexpectedNode(expected: expected, found: sibling.index)
      }
      if sibling.index < node.index, let same = try known[sibling.index] ?? log.mainState.node(at: sibling.index),
        same != sibling
      {
        guard same.hash != sibling.hash else { throw MerkleError.checksumMismatch(index: sibling.index) }
        other = sibling
      }
      path.append(node)
      path.append(sibling)
      node = try TreeNode(parentOf: node, untrusted: sibling)
    }
    if let other { throw MerkleError.contradiction(index: other.index) }
    for node in path where known.updateValue(node, forKey: node.index) == nil { newNodes.append(node) }
    newBlocks.append(StoredBlock(index: index, bytes: value))
    return .proven
  }

  /// Stores what was proven since the last time.
  public func store() throws {
    guard !newBlocks.isEmpty else { return }
    try log.store(newBlocks, nodes: newNodes)
    newBlocks.removeAll(keepingCapacity: true)
    newNodes.removeAll(keepingCapacity: true)
    if known.count > Self.rememberedNodeLimit { known.removeAll(keepingCapacity: true) }
  }
}

/// A block with its position, as it is stored and hashed.
public struct StoredBlock: Sendable {
  /// Block index.
  public let index: UInt64
  /// The bytes.
  public let bytes: ArraySlice<UInt8>

  /// A block.
  public init(index: UInt64, bytes: ArraySlice<UInt8>) {
    self.index = index
    self.bytes = bytes
  }
}

extension TreeNode {
  /// The leaf of a block.
  init(block: ArraySlice<UInt8>, at blockIndex: UInt64) {
    let hash = block.withUnsafeBytes { MerkleHash.leaf($0) }
    self.init(index: 2 * blockIndex, size: UInt64(block.count), hash: hash)
  }
}
