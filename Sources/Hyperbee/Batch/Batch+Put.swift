extension Batch {
  /// Keys at which a node is split.
  static let splitCount = 9
  /// Fewest keys of a node other than the root.
  static let minimumCount = 4

  /// Puts a value, nil for "no value".
  ///
  /// - Returns: whether the operation becomes a block.
  @discardableResult
  public func put(_ key: [UInt8], _ value: [UInt8]?, when condition: Hyperbee.Condition? = nil) throws -> Bool {
    try start()
    do {
      return try insert(bee.prefix.isEmpty ? key : bee.prefix + key, value, condition)
    } catch {
      close()
      throw error
    }
  }

  private func insert(_ key: [UInt8], _ value: [UInt8]?, _ condition: Hyperbee.Condition?) throws -> Bool {
    var root = try root() ?? DraftNode()
    var node = root
    path.removeAll(keepingCapacity: true)
    while true {
      let isLeaf = node.isLeaf
      if !isLeaf {
        guard path.count < Tree.maximumHeight else { throw tree.tooHigh }
        node.isChanged = true
      }
      let (isHit, index) = try search(key, in: node)
      if isHit {
        let stored = node.keys[index].sequence
        if try isRefused(stored, key: key, value: value, isPut: true, condition) { return false }
        node.keys[index] = TreeKey(sequence: sequence, bytes: key)
        node.isChanged = true
        append(root, key, value)
        return true
      }
      if isLeaf {
        node.keys.insert(TreeKey(sequence: sequence, bytes: key), at: index)
        node.isChanged = true
        break
      }
      path.append(Step(node: node, index: index))
      node = try child(index, of: node)
    }
    while node.keys.count >= Batch.splitCount {
      let (median, right) = split(node)
      guard let step = path.popLast() else {
        root = DraftNode(keys: [median], children: [Child(new: node), Child(new: right)])
        break
      }
      node = step.node
      node.keys.insert(median, at: step.index)
      node.children.insert(Child(new: right), at: step.index + 1)
      node.isChanged = true
    }
    append(root, key, value)
    return true
  }

  /// Moves the last four keys (and five children) into a new right neighbour and takes out the key before them.
  private func split(_ node: DraftNode) -> (median: TreeKey, right: DraftNode) {
    let right = DraftNode(keys: Array(node.keys.suffix(Batch.minimumCount)))
    node.keys.removeLast(Batch.minimumCount)
    let median = node.keys.removeLast()
    if !node.isLeaf {
      right.children = Array(node.children.suffix(Batch.minimumCount + 1))
      node.children.removeLast(Batch.minimumCount + 1)
    }
    node.isChanged = true
    return (median, right)
  }

  /// Numbers the changed nodes and queues the operation.
  func append(_ root: DraftNode, _ key: [UInt8], _ value: [UInt8]?) {
    let sequence = sequence
    var index: [Child?] = []
    index.reserveCapacity(8)
    _ = number(root, sequence, &index)
    index[0] = Child(new: root, sequence: sequence)
    pending.append(Pending(key: key, value: value, index: index, root: root))
    loadedRoot = nil
  }

  private func number(_ node: DraftNode, _ sequence: UInt64, _ index: inout [Child?]) -> Int {
    let offset = index.count
    index.append(nil)
    node.isChanged = false
    for child in node.children {
      guard let below = child.node, below.isChanged else { continue }
      child.sequence = sequence
      child.offset = number(below, sequence, &index)
      index[child.offset] = child
    }
    return offset
  }
}
