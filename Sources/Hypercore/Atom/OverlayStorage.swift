import CompactEncoding

/// A storage that keeps changes in memory in front of another one: what an atom's sessions read and write.
///
/// New cores and drafts go to the storage behind at once; an unused one does no harm.
final class OverlayStorage: Storage {
  /// What was changed of an area.
  struct Touched {
    var area: Area
    /// The head behind when the area was first touched.
    let start: Head
    /// Blocks behind that are still those of the area.
    var sharedLength: UInt64
    var blocks: [UInt64: [UInt8]?] = [:]
    var nodes: [UInt64: TreeNode?] = [:]
    var userData: [String: [UInt8]?] = [:]
    var local: [[UInt8]: [UInt8]?] = [:]
    /// Blocks behind that do not count any more.
    var hiddenBlocks: [Range<UInt64>] = []
    /// Entries behind whose nodes do not count any more.
    var hiddenNodes: [Range<UInt64>] = []
  }

  private struct State {
    var areas: [AreaID: Touched] = [:]
    var records: [CoreID: CoreRecord] = [:]
    var deleted: Set<AreaID> = []
    var changes: [(any Storage) throws -> Void] = []
  }

  private let base: StoreContext
  private var state = State()
  private var saved: State?
  private var resets: UInt64 = 0

  init(_ base: StoreContext) { self.base = base }

  var areas: [AreaID: Touched] { state.areas }
  var changes: [(any Storage) throws -> Void] { state.changes }

  func reset() {
    state = State()
    resets += 1
  }

  private func behind<R>(_ body: (any Storage) throws -> R) throws -> R { try base.read { try body(base.storage) } }

  // MARK: Transactions

  func begin(_ kind: TransactionKind) throws { if kind == .write { saved = state } }
  func commit() throws { saved = nil }

  func rollback() {
    if let saved { state = saved }
    saved = nil
  }

  /// Untouched areas may change behind the overlay at any time, so nothing is remembered between transactions.
  var version: UInt64 {
    resets += 1
    return resets
  }

  private func touch(_ id: AreaID, _ body: (inout Touched) throws -> Void) throws {
    if state.areas[id] == nil {
      guard let area = try behind({ try $0.area(id) }) else { throw SessionError.closed("write") }
      state.areas[id] = Touched(area: area, start: area.head, sharedLength: area.head.length)
    }
    guard var touched = state.areas[id] else { return }
    try body(&touched)
    state.areas[id] = touched
  }

  private func later(_ change: @escaping (any Storage) throws -> Void) { state.changes.append(change) }

  // MARK: The store

  func property(_ key: String) throws -> [UInt8]? { try behind { try $0.property(key) } }
  func setProperty(_ key: String, _ value: [UInt8]) throws { later { try $0.setProperty(key, value) } }

  // MARK: Cores

  func core(_ id: CoreID) throws -> CoreRecord? { try state.records[id] ?? behind { try $0.core(id) } }

  func core(discoveryKey: Fixed32) throws -> CoreRecord? {
    let found = try behind { try $0.core(discoveryKey: discoveryKey) }
    return found.map { state.records[$0.id] ?? $0 }
  }

  func insertCore(_ new: NewCore, area: AreaID?) throws -> CoreRecord {
    try base.write {
      base.willChange()
      return try base.storage.insertCore(new, area: area)
    }
  }

  func updateCore(_ record: CoreRecord) {
    state.records[record.id] = record
    later { try $0.updateCore(record) }
  }

  func cores() throws -> [CoreRecord] { try behind { try $0.cores() }.map { state.records[$0.id] ?? $0 } }

  // MARK: Aliases

  func core(alias: Alias) throws -> CoreID? { try behind { try $0.core(alias: alias) } }

  func setAlias(_ alias: Alias, core: CoreID) throws {
    try base.write {
      base.willChange()
      try base.storage.setAlias(alias, core: core)
    }
  }

  func aliases(namespace: Fixed32?, core: CoreID?) throws -> [(alias: Alias, core: CoreID)] {
    try behind { try $0.aliases(namespace: namespace, core: core) }
  }

  // MARK: Areas

  private func shown(_ area: Area) -> Area? {
    state.deleted.contains(area.id) ? nil : state.areas[area.id]?.area ?? area
  }

  func area(_ id: AreaID) throws -> Area? {
    if let touched = state.areas[id] { return shown(touched.area) }
    return try behind { try $0.area(id) }.flatMap(shown)
  }

  func draft(named name: String, of core: CoreID) throws -> Area? {
    try behind { try $0.draft(named: name, of: core) }.flatMap(shown)
  }

  func drafts(of core: CoreID) throws -> [Area] { try behind { try $0.drafts(of: core) }.compactMap(shown) }
  func dependents(of area: AreaID) throws -> [Area] { try behind { try $0.dependents(of: area) }.compactMap(shown) }

  func insertDraft(named name: String, of core: CoreID, head: Head, dependency: Dependency?) throws -> Area {
    try base.write {
      base.willChange()
      return try base.storage.insertDraft(named: name, of: core, head: head, dependency: dependency)
    }
  }

  func updateArea(_ area: Area) throws {
    try touch(area.id) { $0.area = area }
    later { try $0.updateArea(area) }
  }

  func deleteArea(_ id: AreaID) throws {
    state.deleted.insert(id)
    later { try $0.deleteArea(id) }
  }

  /// How much of a touched area is the same behind.
  func sharedLength(_ id: AreaID) -> UInt64? { state.areas[id]?.sharedLength }

  // MARK: Blocks

  func block(_ index: UInt64, in area: AreaID) throws -> [UInt8]? {
    if let touched = state.areas[area] {
      if let own = touched.blocks[index] { return own }
      if touched.hiddenBlocks.contains(where: { $0.contains(index) }) { return nil }
    }
    return try behind { try $0.block(index, in: area) }
  }

  func hasBlock(_ index: UInt64, in area: AreaID) throws -> Bool {
    if let touched = state.areas[area] {
      if touched.blocks[index] != nil { return true }
      if touched.hiddenBlocks.contains(where: { $0.contains(index) }) { return false }
    }
    return try behind { try $0.hasBlock(index, in: area) }
  }

  func blockIndexes(_ range: Range<UInt64>, in area: AreaID, limit: Int) throws -> [UInt64] {
    guard let touched = state.areas[area] else {
      return try behind { try $0.blockIndexes(range, in: area, limit: limit) }
    }
    let stored = try behind { try $0.blockIndexes(range, in: area, limit: .max) }
    let kept = stored.filter { index in !touched.hiddenBlocks.contains { $0.contains(index) } }
    return Array(Set(kept).union(touched.blocks.keys.filter { range.contains($0) }).sorted().prefix(limit))
  }

  func firstMissingBlock(from start: UInt64, in area: AreaID) throws -> UInt64 {
    var index = start
    while try hasBlock(index, in: area) { index += 1 }
    return index
  }

  // MARK: Tree nodes

  func node(_ index: UInt64, in area: AreaID) throws -> TreeNode? {
    if let touched = state.areas[area] {
      if let own = touched.nodes[index] { return own }
      if touched.hidesNode(index) { return nil }
    }
    return try behind { try $0.node(index, in: area) }
  }

  func nodeIndexes(_ range: Range<UInt64>, in area: AreaID) throws -> [UInt64] {
    let stored = try behind { try $0.nodeIndexes(range, in: area) }
    guard let touched = state.areas[area] else { return stored }
    let kept = stored.filter { !touched.hidesNode($0) }
    return Set(kept).union(touched.nodes.keys.filter { range.contains(FlatTree.entry(of: $0)) }).sorted()
  }

  // MARK: Changing entries

  func appendEntries(_ blocks: [[UInt8]], nodes: [TreeNode], from index: UInt64, in area: AreaID) throws {
    try touch(area) { touched in
      for (offset, block) in blocks.enumerated() { touched.blocks[index + UInt64(offset)] = block }
      for node in nodes { touched.nodes[node.index] = node }
    }
    later { try $0.appendEntries(blocks, nodes: nodes, from: index, in: area) }
  }

  func putBlock(_ block: [UInt8], at index: UInt64, in area: AreaID) throws {
    try touch(area) { $0.blocks[index] = block }
    later { try $0.putBlock(block, at: index, in: area) }
  }

  func putNodes(_ nodes: [TreeNode], in area: AreaID) throws {
    try touch(area) { touched in for node in nodes { touched.nodes[node.index] = node } }
    later { try $0.putNodes(nodes, in: area) }
  }

  func copyEntries(_ range: Range<UInt64>, from source: AreaID, to target: AreaID) throws {
    for index in try blockIndexes(range, in: source, limit: .max) {
      if let block = try block(index, in: source) { try putBlock(block, at: index, in: target) }
    }
    try putNodes(nodeIndexes(range, in: source).compactMap { try node($0, in: source) }, in: target)
  }

  func deleteBlocks(_ range: Range<UInt64>, in area: AreaID) throws {
    try touch(area) { $0.removeBlocks(range) }
    later { try $0.deleteBlocks(range, in: area) }
  }

  func deleteEntries(_ range: Range<UInt64>, in area: AreaID) throws {
    try touch(area) { touched in
      touched.removeBlocks(range)
      for index in touched.nodes.keys where range.contains(FlatTree.entry(of: index)) { touched.nodes[index] = nil }
      touched.hiddenNodes.append(range)
      if range.upperBound >= touched.sharedLength {
        touched.sharedLength = min(touched.sharedLength, range.lowerBound)
      }
    }
    later { try $0.deleteEntries(range, in: area) }
  }

  // MARK: Small local values

  func userData(_ key: String, in area: AreaID) throws -> [UInt8]? {
    if let own = state.areas[area]?.userData[key] { return own }
    return try behind { try $0.userData(key, in: area) }
  }

  func setUserData(_ key: String, _ value: [UInt8]?, in area: AreaID) throws {
    try touch(area) { $0.userData[key] = .some(value) }
    later { try $0.setUserData(key, value, in: area) }
  }

  func userDataKeys(in area: AreaID) throws -> [String] {
    var keys = Set(try behind { try $0.userDataKeys(in: area) })
    for (key, value) in state.areas[area]?.userData ?? [:] {
      if value == nil { keys.remove(key) } else { keys.insert(key) }
    }
    return keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  func local(_ key: [UInt8], in area: AreaID) throws -> [UInt8]? {
    if let own = state.areas[area]?.local[key] { return own }
    return try behind { try $0.local(key, in: area) }
  }

  func setLocal(_ key: [UInt8], _ value: [UInt8]?, in area: AreaID) throws {
    try touch(area) { $0.local[key] = .some(value) }
    later { try $0.setLocal(key, value, in: area) }
  }

  func locals(
    from lower: [UInt8], to upper: [UInt8]?, in area: AreaID, limit: Int
  ) throws -> [(key: [UInt8], value: [UInt8])] {
    guard let own = state.areas[area]?.local, !own.isEmpty else {
      return try behind { try $0.locals(from: lower, to: upper, in: area, limit: limit) }
    }
    let stored = try behind { try $0.locals(from: lower, to: upper, in: area, limit: .max) }
    var entries = Dictionary(stored.map { ($0.key, $0.value) }) { _, new in new }
    for (key, value) in own where !key.lexicographicallyPrecedes(lower) {
      if let upper, !key.lexicographicallyPrecedes(upper) { continue }
      entries[key] = value
    }
    return entries.sorted { $0.key.lexicographicallyPrecedes($1.key) }.prefix(limit).map { ($0.key, $0.value) }
  }
}

extension OverlayStorage.Touched {
  mutating func removeBlocks(_ range: Range<UInt64>) {
    for index in blocks.keys where range.contains(index) { blocks[index] = nil }
    hiddenBlocks.append(range)
  }

  func hidesNode(_ index: UInt64) -> Bool {
    hiddenNodes.contains { $0.contains(FlatTree.entry(of: index)) }
  }
}
