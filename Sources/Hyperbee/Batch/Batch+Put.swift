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
    let probe = Probe(key)
    let entry = TreeKey(sequence: sequence, bytes: key, head: probe.head)
    var node = root
    path.removeAll(keepingCapacity: true)
    while true {
      let (isHit, index) = try search(probe, in: node)
      path.append(Step(node: node, index: index))
      if isHit {
        if try isRefused(node.keys[index].sequence, key: key, value: value, isPut: true, condition) {
          mark()
          return false
        }
        node.keys[index] = entry
        break
      }
      if node.isLeaf {
        node.keys.insert(entry, at: index)
        break
      }
      guard path.count < Tree.maximumHeight else { throw tree.tooHigh }
      node = try child(index, of: node)
    }
    guard node.keys.count >= Batch.splitCount || hasMarks else {
      appendPath(key, value)
      return true
    }
    for step in path { step.node.isChanged = true }
    path.removeLast()
    while node.keys.count >= Batch.splitCount {
      let (median, right) = split(node)
      guard let step = path.popLast() else {
        root = DraftNode(keys: [median], children: [Child(new: node), Child(new: right)])
        nodeCount += 1
        break
      }
      node = step.node
      node.keys.insert(median, at: step.index)
      node.children.insert(Child(new: right), at: step.index + 1)
    }
    append(root, key, value)
    return true
  }

  /// What a refused put leaves behind: the inner nodes of its path count as changed.
  private func mark() {
    hasMarks = true
    for step in path where !step.node.isLeaf { step.node.isChanged = true }
  }

  /// Moves the last four keys (and five children) into a new right neighbour and takes out the key before them.
  private func split(_ node: DraftNode) -> (median: TreeKey, right: DraftNode) {
    let right = DraftNode(keys: Array(node.keys.suffix(Batch.minimumCount)))
    nodeCount += 1
    node.keys.removeLast(Batch.minimumCount)
    let median = node.keys.removeLast()
    if !node.isLeaf {
      right.children = Array(node.children.suffix(Batch.minimumCount + 1))
      node.children.removeLast(Batch.minimumCount + 1)
    }
    return (median, right)
  }

  /// Numbers the changed nodes and queues the operation.
  func append(_ root: DraftNode, _ key: [UInt8], _ value: [UInt8]?) {
    let sequence = sequence
    var index: [Child?] = []
    index.reserveCapacity(path.count + 4)
    _ = number(root, sequence, &index)
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

  /// The same when nothing but the nodes of the path changed.
  private func appendPath(_ key: [UInt8], _ value: [UInt8]?) {
    let sequence = sequence
    let root = path[0].node
    let index = [Child?](unsafeUninitializedCapacity: path.count) { buffer, count in
      buffer.initializeElement(at: 0, to: nil)
      for offset in 1..<max(1, path.count) {
        let above = path[offset - 1]
        let child = above.node.children[above.index]
        child.sequence = sequence
        child.offset = offset
        buffer.initializeElement(at: offset, to: child)
      }
      count = path.count
    }
    for step in path { step.node.isChanged = false }
    pending.append(Pending(key: key, value: value, index: index, root: root))
    loadedRoot = nil
  }
}
