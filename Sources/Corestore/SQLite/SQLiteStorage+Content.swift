public import Hypercore

extension SQLiteStorage {
  // MARK: Blocks

  public func block(_ index: UInt64, in area: AreaID) throws -> [UInt8]? {
    guard index < BlockID.limit else { return nil }
    sql.block.bind(BlockID.make(area, index), at: 1)
    guard try sql.block.step() else { return nil }
    let bytes = sql.block.optionalBytes(0)
    sql.block.reset()
    return bytes
  }

  public func hasBlock(_ index: UInt64, in area: AreaID) throws -> Bool {
    guard index < BlockID.limit else { return false }
    sql.hasBlock.bind(BlockID.make(area, index), at: 1)
    guard try sql.hasBlock.step() else { return false }
    sql.hasBlock.reset()
    return true
  }

  public func blockIndexes(_ range: Range<UInt64>, in area: AreaID, limit: Int) throws -> [UInt64] {
    bind(range, in: area, sql.blockIndexes)
    sql.blockIndexes.bind(Int64(limit), at: 3)
    defer { sql.blockIndexes.reset() }
    var indexes: [UInt64] = []
    while try sql.blockIndexes.step() { indexes.append(BlockID.index(sql.blockIndexes.unsigned(0))) }
    return indexes
  }

  public func firstMissingBlock(from start: UInt64, in area: AreaID) throws -> UInt64 {
    bind(start..<max(start, BlockID.limit), in: area, sql.blockIndexes)
    sql.blockIndexes.bind(Int64(-1), at: 3)
    defer { sql.blockIndexes.reset() }
    var expected = start
    while try sql.blockIndexes.step(), BlockID.index(sql.blockIndexes.unsigned(0)) == expected { expected += 1 }
    return expected
  }

  /// Binds the rowids of a range of entries to the first two parameters.
  private func bind(_ range: Range<UInt64>, in area: AreaID, _ statement: borrowing Statement) {
    let range = range.clamped(to: 0..<BlockID.limit)
    statement.bind(BlockID.make(area, 0) + range.lowerBound, at: 1)
    statement.bind(BlockID.make(area, 0) + range.upperBound, at: 2)
  }

  // MARK: Tree nodes

  public func node(_ index: UInt64, in area: AreaID) throws -> TreeNode? {
    let entry = FlatTree.entry(of: index)
    guard entry < BlockID.limit else { return nil }
    sql.nodes.bind(BlockID.make(area, entry), at: 1)
    guard try sql.nodes.step() else { return nil }
    defer { sql.nodes.reset() }
    return sql.nodes.withBytes(0) { PackedNodes.node(index, in: $0) }
  }

  public func nodeIndexes(_ range: Range<UInt64>, in area: AreaID) throws -> [UInt64] {
    bind(range, in: area, sql.nodesOfRange)
    defer { sql.nodesOfRange.reset() }
    var indexes: [UInt64] = []
    while try sql.nodesOfRange.step() {
      let entry = BlockID.index(sql.nodesOfRange.unsigned(0))
      sql.nodesOfRange.withBytes(1) { bytes in
        for index in FlatTree.nodes(ofEntry: entry) where PackedNodes.node(index, in: bytes) != nil {
          indexes.append(index)
        }
      }
    }
    return indexes.sorted()
  }

  // MARK: Changing entries

  public func appendEntries(_ blocks: [[UInt8]], nodes: [TreeNode], from index: UInt64, in area: AreaID) throws {
    guard !blocks.isEmpty else { return }
    willWrite()
    try checkEntries(to: index + UInt64(blocks.count))
    var id = BlockID.make(area, index)
    var first = 0
    for block in blocks {
      var end = first + 1
      while end < nodes.count && !FlatTree.isLeaf(nodes[end].index) { end += 1 }
      precondition(first < nodes.count && nodes[first].index == 2 * BlockID.index(id), "the nodes are not the blocks'")
      try PackedNodes.withPacked(nodes[first..<end]) { packed throws(StoreError) in
        sql.putEntry.bind(id, at: 1)
        try sql.putEntry.run(packed, at: 2, block, at: 3)
      }
      first = end
      id += 1
    }
  }

  public func putBlock(_ block: [UInt8], at index: UInt64, in area: AreaID) throws {
    willWrite()
    try checkEntries(to: index + 1)
    sql.putBlock.bind(BlockID.make(area, index), at: 1)
    try sql.putBlock.run(blob: block, at: 2)
  }

  public func putNodes(_ nodes: [TreeNode], in area: AreaID) throws {
    guard !nodes.isEmpty else { return }
    willWrite()
    for (entry, nodes) in Dictionary(grouping: nodes, by: { FlatTree.entry(of: $0.index) }) {
      try checkEntries(to: entry + 1)
      let id = BlockID.make(area, entry)
      sql.nodes.bind(id, at: 1)
      var packed: [UInt8] = []
      if try sql.nodes.step() {
        packed = sql.nodes.bytes(0)
        sql.nodes.reset()
      }
      for node in nodes { PackedNodes.put(node, into: &packed) }
      sql.putNodes.bind(id, at: 1)
      try sql.putNodes.run(blob: packed, at: 2)
    }
  }

  public func copyEntries(_ range: Range<UInt64>, from source: AreaID, to target: AreaID) throws {
    let range = range.clamped(to: 0..<BlockID.limit)
    guard !range.isEmpty else { return }
    willWrite()
    bind(range, in: source, sql.copyEntries)
    sql.copyEntries.bind(Int64(BlockID.make(target, 0)) - Int64(BlockID.make(source, 0)), at: 3)
    try sql.copyEntries.run()
  }

  public func deleteBlocks(_ range: Range<UInt64>, in area: AreaID) throws {
    guard !range.isEmpty else { return }
    willWrite()
    bind(range, in: area, sql.deleteBlocks)
    try sql.deleteBlocks.run()
  }

  public func deleteEntries(_ range: Range<UInt64>, in area: AreaID) throws {
    guard !range.isEmpty else { return }
    willWrite()
    bind(range, in: area, sql.deleteEntries)
    try sql.deleteEntries.run()
  }

  func checkEntries(to end: UInt64) throws(StoreError) {
    guard end <= BlockID.limit else {
      throw .system(path: directory, operation: "write", detail: "a log is limited to 2^40 blocks")
    }
  }

  // MARK: Small local values

  public func userData(_ key: String, in area: AreaID) throws -> [UInt8]? {
    sql.userData.bind(UInt64(area.rawValue), at: 1)
    sql.userData.bind(key, at: 2)
    guard try sql.userData.step() else { return nil }
    defer { sql.userData.reset() }
    return sql.userData.bytes(0)
  }

  public func setUserData(_ key: String, _ value: [UInt8]?, in area: AreaID) throws {
    willWrite()
    guard let value else {
      sql.deleteUserData.bind(UInt64(area.rawValue), at: 1)
      sql.deleteUserData.bind(key, at: 2)
      return try sql.deleteUserData.run()
    }
    sql.putUserData.bind(UInt64(area.rawValue), at: 1)
    sql.putUserData.bind(key, at: 2)
    try sql.putUserData.run(blob: value, at: 3)
  }

  public func userDataKeys(in area: AreaID) throws -> [String] {
    sql.userDataKeys.bind(UInt64(area.rawValue), at: 1)
    defer { sql.userDataKeys.reset() }
    var keys: [String] = []
    while try sql.userDataKeys.step() { keys.append(sql.userDataKeys.text(0)) }
    return keys
  }

  public func local(_ key: [UInt8], in area: AreaID) throws -> [UInt8]? {
    sql.local.bind(UInt64(area.rawValue), at: 1)
    sql.local.bind(key, at: 2)
    guard try sql.local.step() else { return nil }
    defer { sql.local.reset() }
    return sql.local.bytes(0)
  }

  public func setLocal(_ key: [UInt8], _ value: [UInt8]?, in area: AreaID) throws {
    willWrite()
    guard let value else {
      sql.deleteLocal.bind(UInt64(area.rawValue), at: 1)
      sql.deleteLocal.bind(key, at: 2)
      return try sql.deleteLocal.run()
    }
    sql.putLocal.bind(UInt64(area.rawValue), at: 1)
    sql.putLocal.bind(key, at: 2)
    try sql.putLocal.run(blob: value, at: 3)
  }

  public func locals(
    from lower: [UInt8], to upper: [UInt8]?, in area: AreaID, limit: Int
  ) throws -> [(key: [UInt8], value: [UInt8])] {
    sql.locals.bind(UInt64(area.rawValue), at: 1)
    sql.locals.bind(lower, at: 2)
    sql.locals.bind(upper, at: 3)
    sql.locals.bind(Int64(limit), at: 4)
    defer { sql.locals.reset() }
    var entries: [(key: [UInt8], value: [UInt8])] = []
    while try sql.locals.step() { entries.append((sql.locals.bytes(0), sql.locals.bytes(1))) }
    return entries
  }
}
