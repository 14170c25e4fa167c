extension Batch {
  /// Deletes a key; a missing one changes nothing.
  ///
  /// - Returns: whether the operation becomes a block.
  @discardableResult
  public func delete(_ key: [UInt8], when condition: Hyperbee.Condition? = nil) throws -> Bool {
    try start()
    do {
      return try remove(bee.prefix.isEmpty ? key : bee.prefix + key, condition)
    } catch {
      close()
      throw error
    }
  }

  private func remove(_ key: [UInt8], _ condition: Hyperbee.Condition?) throws -> Bool {
    guard let root = try root() else { return false }
    let probe = Probe(key)
    var node = root
    path.removeAll(keepingCapacity: true)
    while true {
      guard path.count < Tree.maximumHeight else { throw tree.tooHigh }
      let (isHit, index) = try search(probe, in: node)
      path.append(Step(node: node, index: index))
      if isHit {
        let stored = node.keys[index].sequence
        if try isRefused(stored, key: key, value: nil, isPut: false, condition) { return false }
        if node.isLeaf { node.keys.remove(at: index) } else { try pullUp(to: index, of: node) }
        break
      }
      if node.isLeaf { return false }
      node = try child(index, of: node)
    }
    for step in path { step.node.isChanged = true }
    append(try rebalance(), key, nil)
    return true
  }

  /// Replaces a key of an inner node by its nearest neighbour in a leaf: the right one when that leaf has more keys,
  /// else the left one. Adds the nodes down to that leaf to the path.
  private func pullUp(to index: Int, of node: DraftNode) throws {
    let left = try edge(from: child(index, of: node), isLeft: false)
    let right = try edge(from: child(index + 1, of: node), isLeft: true)
    let (way, isRight) =
      left[left.count - 1].keys.count < right[right.count - 1].keys.count
      ? (right, true) : (left, false)
    let leaf = way[way.count - 1]
    guard !leaf.keys.isEmpty else { throw broken("a leaf is empty") }
    node.keys[index] = isRight ? leaf.keys.removeFirst() : leaf.keys.removeLast()
    if isRight { path[path.count - 1].index = index + 1 }
    for node in way { path.append(Step(node: node, index: isRight ? 0 : max(0, node.children.count - 1))) }
  }

  /// The nodes from `node` down to its leftmost or rightmost leaf.
  private func edge(from node: DraftNode, isLeft: Bool) throws -> [DraftNode] {
    var way = [node]
    while let last = way.last, !last.isLeaf {
      guard way.count < Tree.maximumHeight else { throw tree.tooHigh }
      way.append(try child(isLeft ? 0 : last.children.count - 1, of: last))
    }
    return way
  }

  /// Gives every node of the path its minimum of keys again, from the leaf up, and returns the root.
  private func rebalance() throws -> DraftNode {
    let root = path[0].node
    while path.count > 1 {
      let node = path.removeLast().node
      let parent = path[path.count - 1].node
      let index = path[path.count - 1].index
      if node.keys.count >= Batch.minimumCount { return root }
      let left = index > 0 ? try child(index - 1, of: parent) : nil
      let right = index + 1 < parent.children.count ? try child(index + 1, of: parent) : nil
      guard left?.isLeaf ?? node.isLeaf == node.isLeaf, right?.isLeaf ?? node.isLeaf == node.isLeaf else {
        throw broken("its leaves are at different heights")
      }
      if let left, left.keys.count > Batch.minimumCount {
        borrow(fromLeft: left, to: node, parent, index - 1)
        return root
      }
      if let right, right.keys.count > Batch.minimumCount {
        borrow(fromRight: right, to: node, parent, index)
        return root
      }
      if let left {
        merge(left, node, parent, index - 1)
      } else if let right {
        merge(node, right, parent, index)
      } else {
        throw broken("an inner node has one child")
      }
    }
    if root.keys.isEmpty, !root.isLeaf { return try child(0, of: root) }
    return root
  }

  private func borrow(fromLeft left: DraftNode, to node: DraftNode, _ parent: DraftNode, _ index: Int) {
    left.isChanged = true
    node.keys.insert(parent.keys[index], at: 0)
    if !left.isLeaf { node.children.insert(left.children.removeLast(), at: 0) }
    parent.keys[index] = left.keys.removeLast()
  }

  private func borrow(fromRight right: DraftNode, to node: DraftNode, _ parent: DraftNode, _ index: Int) {
    right.isChanged = true
    node.keys.append(parent.keys[index])
    if !right.isLeaf { node.children.append(right.children.removeFirst()) }
    parent.keys[index] = right.keys.removeFirst()
  }

  /// Moves the key between two neighbours and everything of the right one into the left one.
  private func merge(_ left: DraftNode, _ right: DraftNode, _ parent: DraftNode, _ index: Int) {
    left.isChanged = true
    left.keys.append(parent.keys.remove(at: index))
    left.keys.append(contentsOf: right.keys)
    left.children.append(contentsOf: right.children)
    parent.children[index + 1].sequence = 0
    parent.children.remove(at: index + 1)
    parent.isChanged = true
  }

  private func broken(_ reason: String) -> BeeError { .invalidBlock(sequence: base - 1, reason: reason) }
}
