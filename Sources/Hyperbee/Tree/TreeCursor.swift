import IndexEncoder

/// A position in a tree between the bounds of a range, moving in one direction.
///
/// In front of it lies a subtree not entered yet, a key, or nothing. Only nodes on the edges of the range compare
/// keys.
struct TreeCursor {
  /// What lies in front.
  enum Front {
    case subtree(NodeAddress)
    case key(TreeKey)
  }

  private struct Frame {
    let node: TreeNode
    /// Positions left: 2i is child i, 2i + 1 is key i.
    var positions: Range<Int>
    /// The position whose child is cut by the lower or upper bound, −1 for none.
    let lowerEdge: Int
    let upperEdge: Int
  }

  let tree: Tree
  private let range: KeyRange
  private let reverse: Bool
  private var frames: [Frame] = []
  /// Entries this tree can still have; bounds what a malformed tree can make us walk.
  private var budget: UInt64

  init(_ tree: Tree, range: KeyRange, reverse: Bool = false) throws {
    self.tree = tree
    self.range = range
    self.reverse = reverse
    budget = tree.version
    if let root = try tree.root() { try push(root, isLower: true, isUpper: true) }
  }

  /// Number of nodes entered and not left: the height below the front is the tree's height minus this.
  var depth: Int { frames.count }

  /// What lies in front, nil at the end. Leaves finished nodes.
  mutating func front() -> Front? {
    while let frame = frames.last {
      guard let position = reverse ? frame.positions.last : frame.positions.first else {
        frames.removeLast()
        continue
      }
      if position & 1 == 1 { return .key(frame.node.keys[position >> 1]) }
      if frame.node.isLeaf {
        skip()
        continue
      }
      return .subtree(frame.node.children[position >> 1])
    }
    return nil
  }

  /// Moves behind what lies in front, without entering it.
  mutating func skip() {
    let top = frames.count - 1
    let positions = frames[top].positions
    frames[top].positions = reverse ? positions.dropLast() : positions.dropFirst()
  }

  /// Enters the subtree in front.
  mutating func enter() throws {
    let top = frames.count - 1
    let frame = frames[top]
    let position = reverse ? frame.positions.upperBound - 1 : frame.positions.lowerBound
    guard frames.count < Tree.maximumHeight else { throw tree.tooHigh }
    let node = try tree.node(at: frame.node.children[position >> 1])
    skip()
    try push(node, isLower: frame.lowerEdge == position, isUpper: frame.upperEdge == position)
  }

  /// The next key, nil at the end.
  mutating func next() throws -> TreeKey? {
    while let front = front() {
      switch front {
      case .subtree: try enter()
      case .key(let key):
        guard budget > 0 else {
          throw BeeError.invalidBlock(sequence: tree.version - 1, reason: "the tree has more entries than blocks")
        }
        budget -= 1
        skip()
        return key
      }
    }
    return nil
  }

  /// The bytes of the key in front, kept in its node.
  func keyInFront() throws -> [UInt8] {
    guard let frame = frames.last else { preconditionFailure("there is a key in front") }
    let position = reverse ? frame.positions.upperBound - 1 : frame.positions.lowerBound
    return try tree.key(position >> 1, of: frame.node)
  }

  private mutating func push(_ node: TreeNode, isLower: Bool, isUpper: Bool) throws {
    var lower = 0
    var upper = 2 * node.keys.count + 1
    var lowerEdge = -1
    var upperEdge = -1
    if isLower, let bound = range.gt ?? range.gte {
      let (isHit, index) = try tree.search(bound, in: node)
      lower = isHit ? 2 * index + (range.gt == nil ? 1 : 2) : 2 * index
      if !isHit { lowerEdge = lower }
    }
    if isUpper, let bound = range.lt ?? range.lte {
      let (isHit, index) = try tree.search(bound, in: node)
      upper = isHit ? 2 * index + (range.lt == nil ? 2 : 1) : 2 * index + 1
      if !isHit { upperEdge = upper - 1 }
    }
    frames.append(
      Frame(node: node, positions: lower..<max(lower, upper), lowerEdge: lowerEdge, upperEdge: upperEdge))
  }
}
