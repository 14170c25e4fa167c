extension MemoryStorage {
  // MARK: Blocks

  public func block(_ index: UInt64, in area: AreaID) -> [UInt8]? { contents[area]?.blocks[index] }

  public func hasBlock(_ index: UInt64, in area: AreaID) -> Bool { contents[area]?.blocks[index] != nil }

  public func blockIndexes(_ range: Range<UInt64>, in area: AreaID, limit: Int) -> [UInt64] {
    Array(keys(of: contents[area]?.blocks ?? [:], in: range).sorted().prefix(limit))
  }

  public func firstMissingBlock(from start: UInt64, in area: AreaID) -> UInt64 {
    var index = start
    while hasBlock(index, in: area) { index += 1 }
    return index
  }

  // MARK: Tree nodes

  public func node(_ index: UInt64, in area: AreaID) -> TreeNode? { contents[area]?.nodes[index] }

  public func nodeIndexes(_ range: Range<UInt64>, in area: AreaID) -> [UInt64] {
    (contents[area]?.nodes ?? [:]).keys.filter { range.contains(FlatTree.entry(of: $0)) }.sorted()
  }

  // MARK: Changing entries

  public func appendEntries(_ blocks: [[UInt8]], nodes: [TreeNode], from index: UInt64, in area: AreaID) {
    for (offset, block) in blocks.enumerated() { putBlock(block, at: index + UInt64(offset), in: area) }
    putNodes(nodes, in: area)
  }

  public func putBlock(_ block: [UInt8], at index: UInt64, in area: AreaID) {
    let old = contents[area]?.blocks[index]
    willChange { $0.contents[area]?.blocks[index] = old }
    contents[area]?.blocks[index] = block
  }

  public func putNodes(_ nodes: [TreeNode], in area: AreaID) {
    for node in nodes {
      let old = contents[area]?.nodes[node.index]
      willChange { $0.contents[area]?.nodes[node.index] = old }
      contents[area]?.nodes[node.index] = node
    }
  }

  public func copyEntries(_ range: Range<UInt64>, from source: AreaID, to target: AreaID) {
    let content = contents[source] ?? Content()
    for index in keys(of: content.blocks, in: range) { putBlock(content.blocks[index] ?? [], at: index, in: target) }
    putNodes(nodeIndexes(range, in: source).compactMap { content.nodes[$0] }, in: target)
  }

  public func deleteBlocks(_ range: Range<UInt64>, in area: AreaID) {
    for index in keys(of: contents[area]?.blocks ?? [:], in: range) {
      let old = contents[area]?.blocks[index]
      willChange { $0.contents[area]?.blocks[index] = old }
      contents[area]?.blocks[index] = nil
    }
  }

  public func deleteEntries(_ range: Range<UInt64>, in area: AreaID) {
    deleteBlocks(range, in: area)
    for index in nodeIndexes(range, in: area) {
      let old = contents[area]?.nodes[index]
      willChange { $0.contents[area]?.nodes[index] = old }
      contents[area]?.nodes[index] = nil
    }
  }

  /// Keys in a range, by whichever walk is shorter.
  private func keys<Value>(of table: [UInt64: Value], in range: Range<UInt64>) -> [UInt64] {
    range.upperBound - range.lowerBound < UInt64(table.count)
      ? range.filter { table[$0] != nil } : table.keys.filter { range.contains($0) }
  }

  // MARK: Small local values

  public func userData(_ key: String, in area: AreaID) -> [UInt8]? { contents[area]?.userData[key] }

  public func setUserData(_ key: String, _ value: [UInt8]?, in area: AreaID) {
    let old = contents[area]?.userData[key]
    willChange { $0.contents[area]?.userData[key] = old }
    contents[area]?.userData[key] = value
  }

  public func userDataKeys(in area: AreaID) -> [String] {
    (contents[area]?.userData ?? [:]).keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  public func local(_ key: [UInt8], in area: AreaID) -> [UInt8]? { contents[area]?.local[key] }

  public func setLocal(_ key: [UInt8], _ value: [UInt8]?, in area: AreaID) {
    let old = contents[area]?.local[key]
    willChange { $0.contents[area]?.local[key] = old }
    contents[area]?.local[key] = value
  }

  public func locals(
    from lower: [UInt8], to upper: [UInt8]?, in area: AreaID, limit: Int
  ) -> [(key: [UInt8], value: [UInt8])] {
    let entries = (contents[area]?.local ?? [:]).filter { key, _ in
      !key.lexicographicallyPrecedes(lower) && upper.map { key.lexicographicallyPrecedes($0) } ?? true
    }
    return entries.sorted { $0.key.lexicographicallyPrecedes($1.key) }.prefix(limit).map {
      (key: $0.key, value: $0.value)
    }
  }
}
