public import CompactEncoding
internal import HypercoreCrypto

/// A storage in memory, with the same transactions as one on disk: for tests, simulations and throw-away logs.
///
/// Every change notes how to undo it; ``rollback()`` plays those notes backwards.
public final class MemoryStorage: Storage {
  private var properties: [String: [UInt8]] = [:]
  var records: [CoreRecord] = []
  var idByDiscoveryKey: [Fixed32: CoreID] = [:]
  var coreByAlias: [Alias: CoreID] = [:]
  var areas: [AreaID: Area] = [:]
  /// By number; nil where an area was deleted.
  var contents: [Content?] = []
  var nextArea: UInt32 = 1
  private var transaction: TransactionKind?
  private var undo: [Undo] = []
  public private(set) var version: UInt64 = 0
  /// The disk that it pretends to rest on; without one everything is durable at once.
  public weak var disk: (any MemoryStorageDisk)?
  private var durability = CommitDurability.full

  /// What one transaction has changed, as the way back from it.
  public struct Commit {
    /// What the commit is worth.
    public let durability: CommitDurability
    fileprivate let undo: [Undo]
  }

  /// An empty storage.
  public init() {}

  /// A storage with the same content, as a copied disk.
  public init(copying other: MemoryStorage) {
    properties = other.properties
    records = other.records
    idByDiscoveryKey = other.idByDiscoveryKey
    coreByAlias = other.coreByAlias
    areas = other.areas
    contents = other.contents.map { $0?.copy() }
    nextArea = other.nextArea
  }

  public func begin(_ kind: TransactionKind) throws {
    precondition(transaction == nil, "transactions do not nest")
    transaction = kind
    durability = .full
  }

  public func beginWrite(_ durability: CommitDurability) throws {
    try begin(.write)
    self.durability = durability
  }

  public var isDurable: Bool { disk?.isDurable ?? true }
  public func makeDurable() throws { try disk?.makeDurable() }

  public func commit() throws {
    precondition(transaction != nil, "no transaction is open")
    if !undo.isEmpty { try disk?.willCommit(Commit(durability: durability, undo: undo)) }
    transaction = nil
    if !undo.isEmpty { version += 1 }
    undo.removeAll()
  }

  public func rollback() {
    precondition(transaction != nil, "no transaction is open")
    transaction = nil
    if !undo.isEmpty { version += 1 }
    while let step = undo.popLast() { takeBack(step) }
  }

  /// Takes back what the newest transaction has changed, as a power cut does with what the disk has not written yet.
  public func revert(_ commit: Commit) {
    precondition(transaction == nil, "a transaction is open")
    version += 1
    for step in commit.undo.reversed() { takeBack(step) }
  }

  /// Notes how to take back the change that follows.
  func willChange(_ step: Undo) {
    precondition(transaction == .write, "changes need a write transaction")
    undo.append(step)
  }

  /// What an area holds; what was deleted holds nothing.
  func content(of area: AreaID) -> Content? {
    let index = Int(area.rawValue)
    return index < contents.count ? contents[index] : nil
  }

  private func takeBack(_ step: Undo) {
    switch step {
    case .property(let key, let old): properties[key] = old
    case .insertedCore(let discoveryKey):
      records.removeLast()
      idByDiscoveryKey[discoveryKey] = nil
    case .core(let index, let old): records[index] = old
    case .alias(let alias, let old): coreByAlias[alias] = old
    case .insertedArea(let id):
      nextArea -= 1
      areas[id] = nil
      contents.removeLast()
    case .area(let old): areas[old.id] = old
    case .deletedArea(let old, let content):
      areas[old.id] = old
      contents[Int(old.id.rawValue)] = content
    case .content(let area, let change): content(of: area)?.takeBack(change)
    }
  }

  // MARK: The store

  public func property(_ key: String) -> [UInt8]? { properties[key] }

  public func setProperty(_ key: String, _ value: [UInt8]) {
    let old = properties[key]
    willChange(.property(key, old))
    properties[key] = value
  }

  // MARK: Cores

  public func core(_ id: CoreID) -> CoreRecord? {
    let index = Int(id.rawValue) - 1
    return records.indices.contains(index) ? records[index] : nil
  }

  public func core(discoveryKey: Fixed32) -> CoreRecord? { idByDiscoveryKey[discoveryKey].flatMap { core($0) } }

  public func insertCore(_ new: NewCore, area: AreaID?) -> CoreRecord {
    let id = CoreID(rawValue: UInt32(records.count + 1))
    let area = area ?? insertArea(core: id, name: nil, head: .empty, dependency: nil).id
    let record = CoreRecord(id: id, new: new, area: area)
    willChange(.insertedCore(new.discoveryKey))
    records.append(record)
    idByDiscoveryKey[new.discoveryKey] = id
    return record
  }

  public func updateCore(_ record: CoreRecord) {
    let index = Int(record.id.rawValue) - 1
    willChange(.core(index, records[index]))
    records[index] = record
  }

  public func cores() -> [CoreRecord] { records }

  // MARK: Aliases

  public func core(alias: Alias) -> CoreID? { coreByAlias[alias] }

  public func setAlias(_ alias: Alias, core: CoreID) {
    willChange(.alias(alias, coreByAlias[alias]))
    coreByAlias[alias] = core
  }

  public func aliases(namespace: Fixed32?, core: CoreID?) -> [(alias: Alias, core: CoreID)] {
    coreByAlias.filter { entry in
      (namespace == nil || entry.key.namespace == namespace) && (core == nil || entry.value == core)
    }
    .map { (alias: $0.key, core: $0.value) }
    .sorted { a, b in
      a.alias.namespace == b.alias.namespace
        ? a.alias.name.lexicographicallyPrecedes(b.alias.name) : a.alias.namespace < b.alias.namespace
    }
  }

  // MARK: Areas

  public func area(_ id: AreaID) -> Area? { areas[id] }

  public func draft(named name: String, of core: CoreID) -> Area? {
    areas.values.first { $0.core == core && $0.name == name }
  }

  public func drafts(of core: CoreID) -> [Area] {
    areas.values.filter { $0.core == core && $0.name != nil }.sorted { $0.id.rawValue < $1.id.rawValue }
  }

  public func dependents(of area: AreaID) -> [Area] {
    areas.values.filter { $0.dependency?.area == area }.sorted { $0.id.rawValue < $1.id.rawValue }
  }

  public func insertDraft(named name: String, of core: CoreID, head: Head, dependency: Dependency?) -> Area {
    insertArea(core: core, name: name, head: head, dependency: dependency)
  }

  private func insertArea(core: CoreID, name: String?, head: Head, dependency: Dependency?) -> Area {
    let id = AreaID(rawValue: nextArea)
    willChange(.insertedArea(id))
    nextArea += 1
    let area = Area(id: id, core: core, name: name, head: head, dependency: dependency)
    areas[id] = area
    while contents.count <= Int(id.rawValue) { contents.append(nil) }
    contents[Int(id.rawValue)] = Content()
    return area
  }

  public func updateArea(_ area: Area) {
    if let old = areas[area.id] { willChange(.area(old)) }
    areas[area.id] = area
  }

  public func deleteArea(_ id: AreaID) {
    guard let old = areas[id], let content = content(of: id) else { return }
    willChange(.deletedArea(old, content))
    areas[id] = nil
    contents[Int(id.rawValue)] = nil
  }
}

extension Head {
  /// The head of a log without blocks that was never signed.
  public static let empty = Head(
    fork: 0, length: 0, byteLength: 0, rootHash: MerkleTree().hash, signature: nil, timestamp: 0)
}
