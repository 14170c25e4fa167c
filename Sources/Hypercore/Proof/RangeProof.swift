/// Shows that blocks that follow one another belong to a tree whose roots are known: by the nodes beside them.
///
/// For a range of blocks, every root over some of it is split on the way down; a node with no block of the range below
/// is part of the proof, one that is split or a block is computed. There are at most two such nodes a level.
public enum RangeProof {
  /// The flat-tree indexes of the nodes of the proof, ascending.
  ///
  /// - Parameters:
  ///   - range: not empty, and within the log.
  ///   - length: blocks of the log.
  public static func nodeIndexes(of range: Range<UInt64>, length: UInt64) -> [UInt64] {
    var indexes: [UInt64] = []
    for root in FlatTree.Roots(from: 0, to: length) where overlaps(root, range) {
      visit(root, range) { indexes.append($0) }
    }
    return indexes
  }

  /// The proof of a range, from stored nodes.
  ///
  /// - Throws: ``MerkleError/missingNode(_:)``, or an error of the storage.
  public static func nodes(of range: Range<UInt64>, length: UInt64, from nodes: some NodeReader) throws -> [TreeNode] {
    try nodeIndexes(of: range, length: length).map { try nodes.requiredNode(at: $0) }
  }

  /// Checks blocks against a tree.
  ///
  /// - Parameters:
  ///   - blocks: as they are stored.
  ///   - first: the index of the first one.
  ///   - proof: ``nodes(of:length:from:)`` of the range.
  ///   - tree: that of the whole log.
  /// - Returns: the nodes that were computed; each has all of its blocks, or nodes of the proof, below.
  /// - Throws: ``MerkleError``.
  public static func check(
    _ blocks: [ArraySlice<UInt8>], from first: UInt64, with proof: [TreeNode], in tree: MerkleTree
  ) throws(MerkleError) -> [TreeNode] {
    guard !blocks.isEmpty, first < tree.length, UInt64(blocks.count) <= tree.length - first else {
      throw .invalidBlockRequest
    }
    var checker = Checker(blocks: blocks, range: first..<first + UInt64(blocks.count), proof: proof[...])
    for root in tree.roots where overlaps(root.index, checker.range) {
      guard try checker.node(root.index) == root else { throw .checksumMismatch(index: root.index) }
    }
    if let stray = checker.proof.first { throw .strayNode(stray.index) }
    return checker.computed
  }

  private struct Checker {
    let blocks: [ArraySlice<UInt8>]
    let range: Range<UInt64>
    var proof: ArraySlice<TreeNode>
    var computed: [TreeNode] = []

    mutating func node(_ index: UInt64) throws(MerkleError) -> TreeNode {
      guard overlaps(index, range) else {
        let given = proof.popFirst()
        guard let given, given.index == index else { throw .unexpectedNode(expected: index, found: given?.index) }
        return given
      }
      let made: TreeNode
      if let left = FlatTree.leftChild(index), let right = FlatTree.rightChild(index) {
        let first = try node(left)
        made = try TreeNode(parentOf: first, untrusted: node(right))
      } else {
        made = TreeNode(block: blocks[Int(index / 2 - range.lowerBound)], at: index / 2)
      }
      computed.append(made)
      return made
    }
  }

  private static func overlaps(_ index: UInt64, _ range: Range<UInt64>) -> Bool {
    FlatTree.leftSpan(index) / 2 < range.upperBound && FlatTree.rightSpan(index) / 2 >= range.lowerBound
  }

  /// Calls `body` with the highest nodes below `index` that have no block of the range, left to right.
  private static func visit(_ index: UInt64, _ range: Range<UInt64>, _ body: (UInt64) -> Void) {
    guard overlaps(index, range) else { return body(index) }
    // A node all of whose blocks are in the range has nothing beside them.
    if FlatTree.leftSpan(index) / 2 >= range.lowerBound, FlatTree.rightSpan(index) / 2 < range.upperBound { return }
    guard let left = FlatTree.leftChild(index), let right = FlatTree.rightChild(index) else { return }
    visit(left, range, body)
    visit(right, range, body)
  }
}
