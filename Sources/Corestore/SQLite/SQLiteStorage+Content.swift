public import Hypercore

extension SQLiteStorage {
  // MARK: Blocks

  public func block(_ index: UInt64, in area: AreaID) throws -> [UInt8]? {
    guard index < BlockID.limit else { return nil }
    sql.block.bind(BlockID.make(area, index), at: 1)
    guard try sql.block.step() else { return nil }
    let bytes = sql.block.bytes(0)
    sql.block.reset()
    return bytes
  }

  public func putBlocks(_ blocks: [[UInt8]], from index: UInt64, in area: AreaID) throws {
    guard !blocks.isEmpty else { return }
    willWrite()
    try check(index + UInt64(blocks.count))
    var id = BlockID.make(area, index)
    for block in blocks {
      sql.putBlock.bind(id, at: 1)
      try sql.putBlock.run(blob: block, at: 2)
      id += 1
    }
  }

  public func deleteBlocks(_ range: Range<UInt64>, in area: AreaID) throws {
    guard !range.isEmpty else { return }
    willWrite()
    sql.deleteBlocks.bind(BlockID.make(area, min(range.lowerBound, BlockID.limit - 1)), at: 1)
    sql.deleteBlocks.bind(BlockID.make(area, 0) + min(range.upperBound, BlockID.limit), at: 2)
    try sql.deleteBlocks.run()
  }

  public func hasBlock(_ index: UInt64, in area: AreaID) throws -> Bool {
    guard index < BlockID.limit else { return false }
    sql.hasBlock.bind(BlockID.make(area, index), at: 1)
    guard try sql.hasBlock.step() else { return false }
    sql.hasBlock.reset()
    return true
  }

  public func blockIndexes(_ range: Range<UInt64>, in area: AreaID, limit: Int) throws -> [UInt64] {
    let range = range.clamped(to: 0..<BlockID.limit)
    sql.blockIndexes.bind(BlockID.make(area, range.lowerBound), at: 1)
    sql.blockIndexes.bind(BlockID.make(area, 0) + range.upperBound, at: 2)
    sql.blockIndexes.bind(Int64(limit), at: 3)
    defer { sql.blockIndexes.reset() }
    var indexes: [UInt64] = []
    while try sql.blockIndexes.step() { indexes.append(sql.blockIndexes.unsigned(0) & (BlockID.limit - 1)) }
    return indexes
  }

  public func firstMissingBlock(from start: UInt64, in area: AreaID) throws -> UInt64 {
    guard start < BlockID.limit else { return start }
    sql.blockIndexes.bind(BlockID.make(area, start), at: 1)
    sql.blockIndexes.bind(BlockID.make(area, 0) + BlockID.limit, at: 2)
    sql.blockIndexes.bind(Int64(-1), at: 3)
    defer { sql.blockIndexes.reset() }
    var expected = start
    while try sql.blockIndexes.step() {
      guard sql.blockIndexes.unsigned(0) & (BlockID.limit - 1) == expected else { break }
      expected += 1
    }
    return expected
  }

  private func check(_ end: UInt64) throws {
    guard end <= BlockID.limit else {
      throw StoreError.system(path: directory, operation: "write", detail: "a log is limited to 2^39 blocks")
    }
  }

  // MARK: Tree nodes

  public func node(_ index: UInt64, in area: AreaID) throws -> TreeNode? {
    guard index < BlockID.limit else { return nil }
    return try pages.node(index, in: area, sql)
  }

  public func putNodes(_ nodes: [TreeNode], in area: AreaID) throws {
    guard !nodes.isEmpty else { return }
    willWrite()
    for node in nodes { try check(node.index) }
    try pages.put(nodes, in: area, sql)
  }

  public func deleteNodes(_ range: Range<UInt64>, in area: AreaID) throws {
    let range = range.clamped(to: 0..<BlockID.limit)
    guard !range.isEmpty else { return }
    willWrite()
    try pages.delete(range, in: area, sql)
  }

  public func nodeIndexes(_ range: Range<UInt64>, in area: AreaID) throws -> [UInt64] {
    try pages.indexes(range.clamped(to: 0..<BlockID.limit), in: area, sql)
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
