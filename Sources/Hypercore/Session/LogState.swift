import CompactEncoding
import HypercoreCrypto

/// One state of a core in memory, shared by all sessions on it: the stored record of its area, and its tree.
///
/// Changes go to the storage at once, except for the head: it is written, and signed, when the transaction commits,
/// so that many appends in one transaction cost one signature.
final class LogState: NodeReader {
  unowned let context: StoreContext
  let id: AreaID
  var area: Area
  var tree: MerkleTree
  private var generation: UInt64
  /// The area is gone: its transaction was undone, or the draft was removed.
  var isDead = false
  /// Changed in the open transaction.
  var isTouched = false
  /// Counts transactions that changed it here.
  var changeCount: UInt64 = 0
  /// Blocks that were cleared in the open transaction.
  var pendingClears: [Range<UInt64>] = []
  /// What signs the head at the commit.
  var pendingSigner: (verifier: Verifier, keyPair: KeyPair)?
  var isHeadStale = false
  var pendingTruncation: (length: UInt64, fork: UInt64)?
  var hasPendingAppend = false
  var snapshots: [WeakBox<LogSnapshot>] = []
  var listeners: [WeakBox<Hypercore>] = []

  init(_ area: Area, context: StoreContext) throws {
    self.context = context
    self.area = area
    id = area.id
    generation = context.generation
    tree = MerkleTree(fork: area.head.fork)
    tree = try loadTree()
  }

  var storage: any Storage { context.storage }
  var length: UInt64 { tree.length }
  var fork: UInt64 { tree.fork }

  // MARK: Loading

  /// Whether somebody else may have changed it since it was read.
  var isStale: Bool { generation != context.generation }

  /// Reads the head again when somebody else may have changed it.
  func refresh() throws {
    guard isStale else { return }
    guard !isDead, let stored = try storage.area(id) else {
      isDead = true
      throw SessionError.closed("read")
    }
    let old = area
    area = stored
    let hasSameTree = stored.head.length == tree.length && stored.head.rootHash == tree.hash
    if hasSameTree {
      tree.fork = stored.head.fork
    } else {
      let before = tree
      do { tree = try loadTree() } catch {
        area = old
        throw error
      }
      if before.length > 0 && stored.head.fork != old.head.fork { try truncateSnapshots(after: before) }
    }
    generation = context.generation
  }

  func loadTree() throws -> MerkleTree {
    let head = area.head
    let loaded = try MerkleTree(length: head.length, fork: head.fork, from: self)
    guard loaded.hash == head.rootHash else {
      throw SessionError.corrupt("The stored tree of length \(head.length) does not hash to the stored head")
    }
    return loaded
  }

  /// The state whose blocks this one starts with.
  private func parent(_ dependency: Dependency) throws -> LogState { try context.state(dependency.area) }

  // MARK: Reading

  func block(at index: UInt64) throws -> [UInt8]? {
    if let dependency = area.dependency, index < dependency.length {
      return try parent(dependency).block(at: index)
    }
    return try storage.block(index, in: id)
  }

  func hasBlock(_ index: UInt64) throws -> Bool {
    if let dependency = area.dependency, index < dependency.length {
      return try parent(dependency).hasBlock(index)
    }
    return try storage.hasBlock(index, in: id)
  }

  /// Whether all blocks of a range are stored.
  func hasBlocks(_ range: Range<UInt64>) throws -> Bool {
    guard let first = range.first else { return true }
    if let dependency = area.dependency, first < dependency.length {
      let shared = first..<min(range.upperBound, dependency.length)
      guard try parent(dependency).hasBlocks(shared) else { return false }
      return try hasBlocks(shared.upperBound..<range.upperBound)
    }
    if area.name == nil && range.upperBound <= area.contiguousLength { return true }
    return try storage.firstMissingBlock(from: first, in: id) >= range.upperBound
  }

  func node(at index: UInt64) throws -> TreeNode? {
    if let dependency = area.dependency, FlatTree.entry(of: index) < dependency.length {
      return try parent(dependency).node(at: index)
    }
    return try storage.node(index, in: id)
  }

  /// The tree of the first `length` blocks.
  func tree(at length: UInt64) throws -> MerkleTree {
    length == tree.length ? tree : try MerkleTree(length: length, fork: fork, from: self)
  }

  /// The signature of the head, made now if the open transaction has not made it yet.
  func signature() throws -> [UInt8]? {
    if let pending = pendingSigner {
      area.head.signature = try pending.verifier.signHead(tree, with: pending.keyPair)
      pendingSigner = nil
    }
    return area.head.signature
  }
}

/// A reference that does not keep its object alive.
struct WeakBox<Object: AnyObject> {
  weak var value: Object?
}
