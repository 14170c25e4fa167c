extension MemoryStorage {
  // MARK: Blocks

  public func block(_ index: UInt64, in area: AreaID) -> [UInt8]? { content(of: area)?.blocks[index] }

  public func hasBlock(_ index: UInt64, in area: AreaID) -> Bool { content(of: area)?.blocks[index] != nil }

  public func blockIndexes(_ range: Range<UInt64>, in area: AreaID, limit: Int) -> [UInt64] {
    Array((content(of: area)?.blocks.indexes(in: range) ?? []).prefix(limit))
  }

  public func firstMissingBlock(from start: UInt64, in area: AreaID) -> UInt64 {
    guard let content = content(of: area) else { return start }
    var index = start
    while content.blocks[index] != nil { index += 1 }
    return index
  }

  // MARK: Tree nodes

  public func node(_ index: UInt64, in area: AreaID) -> TreeNode? { content(of: area)?.nodes[index] }

  public func nodeIndexes(_ range: Range<UInt64>, in area: AreaID) -> [UInt64] {
    content(of: area)?.nodeIndexes(ofEntries: range) ?? []
  }

  // MARK: Changing entries

  public func appendEntries(_ blocks: [[UInt8]], nodes: [TreeNode], from index: UInt64, in area: AreaID) {
    guard let content = content(of: area) else { return }
    let isNew =
      blocks.indices.allSatisfy { content.blocks[index + UInt64($0)] == nil }
      && nodes.allSatisfy { content.nodes[$0.index] == nil }
    guard isNew else {
      for (offset, block) in blocks.enumerated() { putBlock(block, at: index + UInt64(offset), in: area) }
      return putNodes(nodes, in: area)
    }
    willChange(.content(area, .appended(from: index, count: blocks.count, nodes: nodes)))
    for (offset, block) in blocks.enumerated() { content.blocks[index + UInt64(offset)] = block }
    for node in nodes { content.nodes[node.index] = node }
  }

  public func putBlock(_ block: [UInt8], at index: UInt64, in area: AreaID) {
    guard let content = content(of: area) else { return }
    willChange(.content(area, .block(index, content.blocks[index])))
    content.blocks[index] = block
  }

  public func putNodes(_ nodes: [TreeNode], in area: AreaID) {
    guard let content = content(of: area) else { return }
    for node in nodes {
      willChange(.content(area, .node(node.index, content.nodes[node.index])))
      content.nodes[node.index] = node
    }
  }

  public func copyEntries(_ range: Range<UInt64>, from source: AreaID, to target: AreaID) {
    guard let content = content(of: source) else { return }
    for index in content.blocks.indexes(in: range) { putBlock(content.blocks[index] ?? [], at: index, in: target) }
    putNodes(content.nodeIndexes(ofEntries: range).compactMap { content.nodes[$0] }, in: target)
  }

  public func deleteBlocks(_ range: Range<UInt64>, in area: AreaID) { delete(range, withNodes: false, in: area) }

  public func deleteEntries(_ range: Range<UInt64>, in area: AreaID) { delete(range, withNodes: true, in: area) }

  private func delete(_ range: Range<UInt64>, withNodes: Bool, in area: AreaID) {
    guard let content = content(of: area) else { return }
    let blocks = content.blocks.indexes(in: range).map { (index: $0, bytes: content.blocks[$0] ?? []) }
    let nodes = withNodes ? content.nodeIndexes(ofEntries: range).compactMap { content.nodes[$0] } : []
    willChange(.content(area, .removed(blocks: blocks, nodes: nodes)))
    // From the end, so that what remains stays dense.
    for block in blocks.reversed() { content.blocks[block.index] = nil }
    for node in nodes.reversed() { content.nodes[node.index] = nil }
  }

  // MARK: Small local values

  public func userData(_ key: String, in area: AreaID) -> [UInt8]? { content(of: area)?.userData[key] }

  public func setUserData(_ key: String, _ value: [UInt8]?, in area: AreaID) {
    let old = content(of: area)?.userData[key]
    willChange(.content(area, .userData(key, old)))
    content(of: area)?.userData[key] = value
  }

  public func userDataKeys(in area: AreaID) -> [String] {
    (content(of: area)?.userData ?? [:]).keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  public func local(_ key: [UInt8], in area: AreaID) -> [UInt8]? { content(of: area)?.local[key] }

  public func setLocal(_ key: [UInt8], _ value: [UInt8]?, in area: AreaID) {
    let old = content(of: area)?.local[key]
    willChange(.content(area, .local(key, old)))
    content(of: area)?.local[key] = value
  }

  public func locals(
    from lower: [UInt8], to upper: [UInt8]?, in area: AreaID, limit: Int
  ) -> [(key: [UInt8], value: [UInt8])] {
    let entries = (content(of: area)?.local ?? [:]).filter { key, _ in
      !key.lexicographicallyPrecedes(lower) && upper.map { key.lexicographicallyPrecedes($0) } ?? true
    }
    return entries.sorted { $0.key.lexicographicallyPrecedes($1.key) }.prefix(limit).map {
      (key: $0.key, value: $0.value)
    }
  }
}
