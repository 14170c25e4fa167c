public import CompactEncoding

/// Re-hashes a stored log against its nodes, its roots against its head, and its head against its signature.
///
/// The walk goes from the roots down, left before right, and reads every block once. It takes logs of which only a
/// part is stored: where both children of a node are missing, nothing below can be, or is, checked, unless
/// shorter heads that are signed, too, reach down there (``Earlier``).
///
/// ```
/// let audit = try Audit(of: head, under: verifier, nodes: store) { try store.block(at: $0) }
/// if let block = audit.firstBadBlock { … }
/// ```
public struct Audit: Sendable {
  /// What a log claims to be.
  public struct Head: Hashable, Sendable {
    /// Number of blocks.
    public var length: UInt64
    /// Counts truncations.
    public var fork: UInt64
    /// The stored tree hash; nil when the storage has none.
    public var treeHash: Fixed32?
    /// The stored signature; nil for a log that is exactly its prologue, or never signed.
    public var signature: [UInt8]?

    /// A head.
    public init(length: UInt64, fork: UInt64, treeHash: Fixed32? = nil, signature: [UInt8]?) {
      self.length = length
      self.fork = fork
      self.treeHash = treeHash
      self.signature = signature
    }
  }

  /// A shorter head of the same log, under which blocks were proven that the tree of the head does not reach.
  public struct Earlier: Hashable, Sendable {
    /// Number of blocks.
    public var length: UInt64
    /// Its signature.
    public var signature: [UInt8]?

    /// A shorter head.
    public init(length: UInt64, signature: [UInt8]?) {
      self.length = length
      self.signature = signature
    }
  }

  /// Something that does not hold.
  public enum Fault: Hashable, Sendable {
    /// A root is not stored; nothing below it can be checked.
    case missingRoot(index: UInt64)
    /// The roots hash to something else than the stored tree hash.
    case treeHash(expected: Fixed32, found: Fixed32)
    /// The signature is not valid for the roots.
    case signature
    /// The manifest does not belong to the core key, or its quorum cannot be met.
    case manifest
    /// A node is not what its children hash to.
    case node(index: UInt64)
    /// A node is missing while its sibling is stored.
    case missingNode(index: UInt64)
    /// A block is not what its leaf says: `expected` is the leaf's hash.
    case block(index: UInt64, expected: Fixed32, found: Fixed32)
    /// A block is stored whose leaf is not.
    case unverifiableBlock(index: UInt64)

    /// The blocks that the fault puts in doubt; nil when it is all of them.
    public var blocks: ClosedRange<UInt64>? {
      switch self {
      case .treeHash, .signature, .manifest: nil
      case .missingRoot(let index), .node(let index), .missingNode(let index):
        FlatTree.leftSpan(index) / 2...FlatTree.rightSpan(index) / 2
      case .block(let index, _, _), .unverifiableBlock(let index): index...index
      }
    }
  }

  /// What was found, in the order of the walk; the first ``maximumFaults``.
  public private(set) var faults: [Fault] = []
  /// Number of faults, also of those that are not listed.
  public private(set) var faultCount: UInt64 = 0
  /// Number of blocks whose hash was compared.
  public private(set) var checkedBlocks: UInt64 = 0
  /// Number of blocks that are not stored.
  public private(set) var missingBlocks: UInt64 = 0
  /// Bytes of the blocks whose hash was compared.
  public private(set) var checkedBytes: UInt64 = 0

  /// The roots of the shorter heads that are signed.
  private var earlierRoots: [TreeNode] = []

  /// The most faults that are listed.
  public static let maximumFaults = 100

  /// Whether nothing is wrong with what is stored.
  public var isSound: Bool { faultCount == 0 }

  /// The first block that is not, or cannot be shown to be, what was signed: the lowest one that the innermost faults
  /// name; 0 when all blocks are in doubt.
  public var firstBadBlock: UInt64? {
    let ranges = faults.compactMap(\.blocks)
    let innermost = ranges.filter { range in
      !ranges.contains { $0 != range && range.contains($0.lowerBound) && range.contains($0.upperBound) }
    }
    return innermost.map(\.lowerBound).min() ?? (faults.isEmpty ? nil : 0)
  }

  /// Checks a log.
  ///
  /// - Parameters:
  ///   - earlier: shorter heads that may prove blocks; they count only when their signatures are valid.
  ///   - verifier: decides about the signatures; nil for a log that is not signed.
  ///   - nodes: the stored nodes.
  ///   - block: reads a stored block, nil when it is not stored.
  ///   - firstBlock: the first stored block in a range, to find blocks that are stored without their leaves; without
  ///     it they are not looked for.
  /// - Throws: only what reading throws.
  public init(
    of head: Head, and earlier: [Earlier] = [], under verifier: Verifier?, nodes: some NodeReader,
    block: (UInt64) throws -> [UInt8]?,
    firstBlock: (Range<UInt64>) throws -> UInt64? = { _ in nil }
  ) throws {
    try checkHead(head, verifier, nodes)
    for earlier in earlier where earlier.length < head.length {
      guard let tree = try? MerkleTree(length: earlier.length, fork: head.fork, from: nodes),
        verifier?.accepts(tree, signature: earlier.signature) == true
      else { continue }
      earlierRoots += tree.roots
    }
    // From the left, and at each place the largest first.
    earlierRoots.sort { a, b in
      let (left, right) = (FlatTree.leftSpan(a.index), FlatTree.leftSpan(b.index))
      return left == right ? a.index > b.index : left < right
    }
    for index in FlatTree.Roots(from: 0, to: head.length) {
      try check(nodes.node(at: index), at: index, nodes, block, firstBlock)
    }
  }

  private mutating func checkHead(_ head: Head, _ verifier: Verifier?, _ nodes: some NodeReader) throws {
    var roots: [TreeNode] = []
    for index in FlatTree.Roots(from: 0, to: head.length) {
      if let root = try nodes.node(at: index) { roots.append(root) } else { add(.missingRoot(index: index)) }
    }
    if let verifier, !verifier.manifest.matches(verifier.key) { add(.manifest) }
    guard let tree = try? MerkleTree(roots: roots, length: head.length, fork: head.fork) else {
      if faults.isEmpty { add(.signature) }
      return
    }
    if let expected = head.treeHash, expected != tree.hash { add(.treeHash(expected: expected, found: tree.hash)) }
    if let verifier, head.length > 0 || head.signature != nil {
      if !verifier.accepts(tree, signature: head.signature) { add(.signature) }
    }
  }

  /// Checks the subtree below a node, which recurses no deeper than the tree.
  private mutating func check(
    _ node: TreeNode?, at index: UInt64, _ nodes: some NodeReader, _ block: (UInt64) throws -> [UInt8]?,
    _ firstBlock: (Range<UInt64>) throws -> UInt64?
  ) throws {
    guard let node else { return try descend(index, nodes, block, firstBlock) }
    guard let leftIndex = FlatTree.leftChild(index), let rightIndex = FlatTree.rightChild(index) else {
      return try checkLeaf(node, block)
    }
    let (left, right) = (try nodes.node(at: leftIndex), try nodes.node(at: rightIndex))
    if let left, let right {
      let parent = try? TreeNode(parentOf: left, untrusted: right)
      if parent != node { add(.node(index: index)) }
    } else if let stored = left ?? right, !earlierRoots.contains(stored) {
      add(.missingNode(index: left == nil ? leftIndex : rightIndex))
    } else {
      return try descend(index, nodes, block, firstBlock)
    }
    try check(left, at: leftIndex, nodes, block, firstBlock)
    try check(right, at: rightIndex, nodes, block, firstBlock)
  }

  private mutating func checkLeaf(_ leaf: TreeNode, _ block: (UInt64) throws -> [UInt8]?) throws {
    guard let value = try block(leaf.index / 2) else {
      missingBlocks += 1
      return
    }
    let found = TreeNode(block: value, at: leaf.index / 2)
    checkedBlocks += 1
    checkedBytes += found.size
    if found != leaf { add(.block(index: leaf.index / 2, expected: leaf.hash, found: found.hash)) }
  }

  /// Checks what shorter heads cover of a subtree whose nodes are not stored, and passes over the rest.
  private mutating func descend(
    _ index: UInt64, _ nodes: some NodeReader, _ block: (UInt64) throws -> [UInt8]?,
    _ firstBlock: (Range<UInt64>) throws -> UInt64?
  ) throws {
    let end = FlatTree.rightSpan(index) / 2 + 1
    var position = FlatTree.leftSpan(index) / 2
    for root in earlierRoots
    where root.index != index && FlatTree.contains(index, root.index) && FlatTree.leftSpan(root.index) / 2 >= position {
      try skip(position..<FlatTree.leftSpan(root.index) / 2, firstBlock)
      try check(root, at: root.index, nodes, block, firstBlock)
      position = FlatTree.nextLeaf(root.index) / 2
    }
    try skip(position..<end, firstBlock)
  }

  /// Passes over blocks whose nodes are not stored: they cannot be checked.
  private mutating func skip(_ range: Range<UInt64>, _ firstBlock: (Range<UInt64>) throws -> UInt64?) throws {
    let end = range.upperBound
    var position = range.lowerBound
    missingBlocks += end - position
    while position < end, let stored = try firstBlock(position..<end), stored >= position {
      add(.unverifiableBlock(index: stored))
      missingBlocks -= 1
      position = stored + 1
    }
  }

  private mutating func add(_ fault: Fault) {
    faultCount += 1
    if faults.count < Self.maximumFaults { faults.append(fault) }
  }
}

extension Audit.Fault: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .missingRoot(let index): "root node \(index) is missing"
    case .treeHash(let expected, let found): "the roots hash to \(found), the head says \(expected)"
    case .signature: "the head's signature is not valid for its roots"
    case .manifest: "the manifest does not belong to the core key"
    case .node(let index): "node \(index) is not the hash of its children"
    case .missingNode(let index): "node \(index) is missing beside its sibling"
    case .block(let index, let expected, let found): "block \(index) hashes to \(found), its leaf says \(expected)"
    case .unverifiableBlock(let index): "block \(index) is stored without its leaf"
    }
  }
}
