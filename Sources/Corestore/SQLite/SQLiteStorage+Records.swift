public import CompactEncoding
public import Hypercore

extension SQLiteStorage {
  // MARK: The store

  public func property(_ key: String) throws -> [UInt8]? {
    sql.property.bind(key, at: 1)
    guard try sql.property.step() else { return nil }
    defer { sql.property.reset() }
    return sql.property.bytes(0)
  }

  public func setProperty(_ key: String, _ value: [UInt8]) throws {
    willWrite()
    sql.putProperty.bind(key, at: 1)
    try sql.putProperty.run(blob: value, at: 2)
  }

  // MARK: Cores

  public func core(_ id: CoreID) throws -> CoreRecord? {
    sql.coreByID.bind(UInt64(id.rawValue), at: 1)
    return try firstCore(sql.coreByID)
  }

  public func core(discoveryKey: Fixed32) throws -> CoreRecord? {
    sql.coreByDiscoveryKey.bind(discoveryKey, at: 1)
    return try firstCore(sql.coreByDiscoveryKey)
  }

  private func firstCore(_ statement: borrowing Statement) throws -> CoreRecord? {
    guard try statement.step() else { return nil }
    defer { statement.reset() }
    return try record(statement)
  }

  private func record(_ row: borrowing Statement) throws -> CoreRecord {
    guard let discoveryKey = try row.fixed32(1), let key = try row.fixed32(2) else {
      throw StoreError.corrupt(path: database.path, detail: "a core has no key")
    }
    let new = NewCore(
      key: key, discoveryKey: discoveryKey, manifest: row.optionalBytes(3), publicKey: try row.fixed32(4))
    return CoreRecord(
      id: CoreID(rawValue: try id(row.integer(0))), new: new, isFrozen: row.integer(5) != 0,
      area: AreaID(rawValue: try id(row.integer(6))))
  }

  private func id(_ value: Int64) throws -> UInt32 {
    guard let id = UInt32(exactly: value), id < 1 << 23 else {
      throw StoreError.corrupt(path: database.path, detail: "\(value) is no number of a core or area")
    }
    return id
  }

  public func insertCore(_ new: NewCore, area: AreaID?) throws -> CoreRecord {
    willWrite()
    sql.insertCore.bind(new.discoveryKey, at: 1)
    sql.insertCore.bind(new.key, at: 2)
    sql.insertCore.bind(new.manifest, at: 3)
    sql.insertCore.bind(new.publicKey, at: 4)
    sql.insertCore.bind(UInt64(area?.rawValue ?? 0), at: 5)
    try sql.insertCore.run()
    let core = CoreID(rawValue: try id(database.lastInsertedRow))
    if let area { return CoreRecord(id: core, new: new, area: area) }
    let created = try insertArea(core: core, name: nil, head: .empty, dependency: nil).id
    sql.setCoreArea.bind(UInt64(created.rawValue), at: 1)
    sql.setCoreArea.bind(UInt64(core.rawValue), at: 2)
    try sql.setCoreArea.run()
    return CoreRecord(id: core, new: new, area: created)
  }

  public func updateCore(_ record: CoreRecord) throws {
    willWrite()
    sql.updateCore.bind(record.manifest, at: 1)
    sql.updateCore.bind(record.publicKey, at: 2)
    sql.updateCore.bind(Int64(record.isFrozen ? 1 : 0), at: 3)
    sql.updateCore.bind(UInt64(record.id.rawValue), at: 4)
    try sql.updateCore.run()
  }

  public func cores() throws -> [CoreRecord] {
    var records: [CoreRecord] = []
    defer { sql.allCores.reset() }
    while try sql.allCores.step() { records.append(try record(sql.allCores)) }
    return records
  }

  // MARK: Aliases

  public func core(alias: Alias) throws -> CoreID? {
    sql.coreByAlias.bind(alias.namespace, at: 1)
    sql.coreByAlias.bind(alias.name, at: 2)
    guard try sql.coreByAlias.step() else { return nil }
    defer { sql.coreByAlias.reset() }
    return CoreID(rawValue: try id(sql.coreByAlias.integer(0)))
  }

  public func setAlias(_ alias: Alias, core: CoreID) throws {
    willWrite()
    sql.setAlias.bind(alias.namespace, at: 1)
    sql.setAlias.bind(alias.name, at: 2)
    sql.setAlias.bind(UInt64(core.rawValue), at: 3)
    try sql.setAlias.run()
  }

  public func aliases(namespace: Fixed32?, core: CoreID?) throws -> [(alias: Alias, core: CoreID)] {
    if let core {
      sql.aliasesOfCore.bind(UInt64(core.rawValue), at: 1)
      return try aliases(sql.aliasesOfCore).filter { namespace == nil || $0.alias.namespace == namespace }
    }
    guard let namespace else { return try aliases(sql.aliases) }
    sql.aliasesOfNamespace.bind(namespace, at: 1)
    return try aliases(sql.aliasesOfNamespace)
  }

  private func aliases(_ statement: borrowing Statement) throws -> [(alias: Alias, core: CoreID)] {
    defer { statement.reset() }
    var aliases: [(alias: Alias, core: CoreID)] = []
    while try statement.step() {
      guard let namespace = try statement.fixed32(0) else { continue }
      let alias = Alias(namespace: namespace, name: statement.bytes(1))
      aliases.append((alias, CoreID(rawValue: try id(statement.integer(2)))))
    }
    return aliases
  }

  // MARK: Areas

  public func area(_ id: AreaID) throws -> Area? {
    sql.areaByID.bind(UInt64(id.rawValue), at: 1)
    return try firstArea(sql.areaByID)
  }

  public func draft(named name: String, of core: CoreID) throws -> Area? {
    sql.draftByName.bind(UInt64(core.rawValue), at: 1)
    sql.draftByName.bind(name, at: 2)
    return try firstArea(sql.draftByName)
  }

  public func drafts(of core: CoreID) throws -> [Area] {
    sql.draftsOfCore.bind(UInt64(core.rawValue), at: 1)
    return try allAreas(sql.draftsOfCore)
  }

  public func dependents(of area: AreaID) throws -> [Area] {
    sql.dependents.bind(UInt64(area.rawValue), at: 1)
    return try allAreas(sql.dependents)
  }

  private func firstArea(_ statement: borrowing Statement) throws -> Area? {
    guard try statement.step() else { return nil }
    defer { statement.reset() }
    return try area(statement)
  }

  private func allAreas(_ statement: borrowing Statement) throws -> [Area] {
    defer { statement.reset() }
    var areas: [Area] = []
    while try statement.step() { areas.append(try area(statement)) }
    return areas
  }

  private func area(_ row: borrowing Statement) throws -> Area {
    guard let rootHash = try row.fixed32(8) else {
      throw StoreError.corrupt(path: database.path, detail: "an area has no root hash")
    }
    let head = Head(
      fork: row.unsigned(5), length: row.unsigned(6), byteLength: row.unsigned(7), rootHash: rootHash,
      signature: row.optionalBytes(9), timestamp: row.unsigned(10))
    let dependency =
      row.isNull(3) ? nil : Dependency(area: AreaID(rawValue: try id(row.integer(3))), length: row.unsigned(4))
    return Area(
      id: AreaID(rawValue: try id(row.integer(0))), core: CoreID(rawValue: try id(row.integer(1))),
      name: row.isNull(2) ? nil : row.text(2), head: head, dependency: dependency,
      contiguousLength: row.unsigned(11), remoteContiguousLength: row.unsigned(12))
  }

  public func insertDraft(
    named name: String, of core: CoreID, head: Head, dependency: Dependency?
  ) throws -> Area {
    try insertArea(core: core, name: name, head: head, dependency: dependency)
  }

  private func insertArea(core: CoreID, name: String?, head: Head, dependency: Dependency?) throws -> Area {
    willWrite()
    sql.insertArea.bind(UInt64(core.rawValue), at: 1)
    sql.insertArea.bind(name, at: 2)
    bind(sql.insertArea, head, dependency, from: 3)
    try sql.insertArea.run()
    let created = AreaID(rawValue: try id(database.lastInsertedRow))
    return Area(id: created, core: core, name: name, head: head, dependency: dependency)
  }

  public func updateArea(_ area: Area) throws {
    willWrite()
    bind(sql.updateArea, area.head, area.dependency, from: 1)
    sql.updateArea.bind(area.contiguousLength, at: 9)
    sql.updateArea.bind(area.remoteContiguousLength, at: 10)
    sql.updateArea.bind(UInt64(area.id.rawValue), at: 11)
    try sql.updateArea.run()
  }

  private func bind(
    _ statement: borrowing Statement, _ head: Head, _ dependency: Dependency?, from first: Int32
  ) {
    if let dependency {
      statement.bind(UInt64(dependency.area.rawValue), at: first)
      statement.bind(dependency.length, at: first + 1)
    } else {
      statement.bindNull(at: first)
      statement.bindNull(at: first + 1)
    }
    statement.bind(head.fork, at: first + 2)
    statement.bind(head.length, at: first + 3)
    statement.bind(head.byteLength, at: first + 4)
    statement.bind(head.rootHash, at: first + 5)
    statement.bind(head.signature, at: first + 6)
    statement.bind(head.timestamp, at: first + 7)
  }

  public func deleteArea(_ id: AreaID) throws {
    willWrite()
    try deleteEntries(0..<BlockID.limit, in: id)
    sql.deleteAreaUserData.bind(UInt64(id.rawValue), at: 1)
    try sql.deleteAreaUserData.run()
    sql.deleteAreaLocal.bind(UInt64(id.rawValue), at: 1)
    try sql.deleteAreaLocal.run()
    sql.deleteArea.bind(UInt64(id.rawValue), at: 1)
    try sql.deleteArea.run()
  }
}
