import CompactEncoding
import Hyperbee
import IndexEncoder

/// The system view: who the members are, what is applied, which views there are (spec 03 §5).
///
/// A Hyperbee with the keys `00 00 "info"` and `01 00 ‖ writer key`. Every applied node ends with one flush, whose last
/// block is the info; so the info at system length L is the value of block L − 1.
final class SystemView {
  static let name = "_system"

  let view: View
  let bee: Hyperbee
  private(set) var state: SystemState
  /// Leading places in the list of views that views not opened here may hold.
  var reservedViews = 0
  /// Records read or written since the last truncation.
  private var members: [Fixed32: Member] = [:]

  init(_ view: View) throws {
    self.view = view
    bee = Hyperbee(view)
    state = SystemState()
    state = SystemState(try info(at: view.length))
  }

  var info: SystemInfo { state.info }
  var length: UInt64 { view.length }
  var isIndexerUpdate: Bool { state.isIndexerUpdate }

  /// The info as it was when the system had `length` blocks, which must be where a flush ended.
  func info(at length: UInt64) throws -> SystemInfo {
    if length == 0 { return SystemInfo() }
    guard let info = try Self.info(at: length, bee) else {
      throw AutobaseError.corrupt("block \(length - 1) of the system view is no info record")
    }
    return info
  }

  /// The info in the last of the first `length` blocks; nil when that is something else.
  static func info(at length: UInt64, _ bee: Hyperbee) throws -> SystemInfo? {
    let entry = try bee.get(sequence: length - 1)
    guard entry.key == Self.infoKey, let value = entry.value else { return nil }
    do throws(DecodingError) {
      return try SystemInfo(decoding: value)
    } catch {
      if case .unknown(_, let version) = error { throw AutobaseError.upgradeRequired(version) }
      throw error
    }
  }

  static let infoKey: [UInt8] = [0, 0] + Array("info".utf8)
  static func memberKey(_ key: Fixed32) -> [UInt8] { [1, 0] + key.bytes }

  // MARK: Members

  /// The record of a writer, with the changes of the node under way.
  func get(_ key: Fixed32) throws -> Member? {
    if let member = state.change(key) { return member }
    if let member = members[key] { return member }
    guard let value = try bee.get(Self.memberKey(key))?.value else { return nil }
    let member = try Member(decoding: value)
    members[key] = member
    return member
  }

  /// The record of a writer as it was at an earlier length.
  func member(_ key: Fixed32, at length: UInt64) throws -> Member? {
    guard length > 0, let value = try bee.at(length).get(Self.memberKey(key))?.value else { return nil }
    return try Member(decoding: value)
  }

  /// All writers ever recorded, in the order of their keys.
  func allMembers(at length: UInt64? = nil) throws -> [(key: Fixed32, member: Member)] {
    guard (length ?? view.length) > 0 else { return [] }
    var range = try (length.map { bee.at($0) } ?? bee).range(KeyRange(gte: [1, 0], lt: [1, 1]))
    var list: [(key: Fixed32, member: Member)] = []
    while let entry = try range.next() {
      guard let key = Fixed32(entry.key[2...]), let value = entry.value else { continue }
      list.append((key, try Member(decoding: value)))
    }
    return list
  }

  func isRemoved(_ key: Fixed32) throws -> Bool { try get(key)?.isRemoved ?? true }

  // MARK: Changes

  func addHead(_ key: Fixed32, length: UInt64, heads: [Checkout]) {
    state.addHead(key, length: length, heads: heads)
  }

  func add(_ key: Fixed32, isIndexer: Bool, length given: UInt64? = nil) throws {
    let old = try get(key)
    let length = max(given ?? state.clockUpdate(key), old?.length ?? 0)
    let member = Member(isIndexer: isIndexer, isRemoved: false, length: length)
    if old != member { state.put(key, member) }
    if old?.isRemoved ?? true { state.info.members += 1 }
    if isIndexer {
      state.activateIndexer(key, length: length)
    } else if old?.isIndexer == true {
      state.deactivateIndexer(key)
    }
  }

  func remove(_ key: Fixed32) throws {
    state.deactivateIndexer(key)
    let old = try get(key)
    guard old?.isRemoved != true else { return }
    state.put(key, Member(isIndexer: false, isRemoved: true, length: old?.length ?? 0))
    if old != nil { state.info.members -= 1 }
  }

  /// Records how much of an optimistic writer's log counts.
  func acknowledge(_ key: Fixed32) throws {
    let old = try get(key)
    let length = state.clockUpdate(key)
    if let old, old.length == length { return }
    state.put(key, Member(isIndexer: old?.isIndexer ?? false, isRemoved: old?.isRemoved ?? true, length: length))
  }

  func isLinkable(_ key: Fixed32, length: UInt64) throws -> Bool {
    let update = state.clockUpdate(key)
    return try length > (update > 0 ? update : get(key)?.length ?? 0)
  }

  func isRemovable(_ key: Fixed32) -> Bool { info.indexers.count != 1 || info.indexers[0].key != key }

  /// The state of the node under way, to go back to.
  func checkpoint() -> SystemState { state }

  /// Undoes what happened since ``checkpoint()``.
  func restore(_ state: SystemState) { self.state = state }

  // MARK: Flushing

  /// Number of blocks that the flush under way will have appended, in all.
  func lengthAfterFlush() -> UInt64 {
    let plain = state.changes.count { !state.isUpdated($0.key) }
    return max(view.length, 1) + UInt64(plain + state.clockUpdates.count) + 1
  }

  /// Appends the changes of one node, member records first, the info last.
  ///
  /// - Parameter views: all user views, in the order they were opened.
  func flush(_ views: [View]) throws {
    let batch = try bee.batch()
    for (key, member) in state.changes where !state.isUpdated(key) {
      try batch.put(Self.memberKey(key), member.encoded())
      members[key] = member
    }
    for update in state.clockUpdates {
      let old = try get(update.key)
      let member = Member(
        isIndexer: info.indexers.contains { $0.key == update.key }, isRemoved: old?.isRemoved ?? true,
        length: update.length)
      try batch.put(Self.memberKey(update.key), member.encoded())
      members[update.key] = member
    }
    mapViews(views)
    try batch.put(Self.infoKey, info.encoded())
    try batch.flush()
    state.clear()
  }

  private func mapViews(_ views: [View]) {
    let mapped = max((views.compactMap { $0.mappedIndex }.max() ?? -1) + 1, reservedViews)
    if mapped < info.views.count { state.info.views.removeSubrange(mapped...) }
    for view in views where view.length > 0 {
      let checkout = Checkout(key: view.systemKey, length: view.length)
      if let index = view.mappedIndex {
        state.info.views[index] = checkout
      } else {
        view.mappedIndex = info.views.count
        state.info.views.append(checkout)
      }
    }
  }

  /// Sets the entropy that follows the change of indexers under way.
  func updateEntropy() {
    guard info.version >= 2, isIndexerUpdate else { return }
    state.info.entropy = ViewIdentity.nextEntropy(
      after: info.entropy, length: lengthAfterFlush(), indexers: info.indexers.map { $0.key })
  }

  /// Writes the last flush again with other indexers (spec 03 §11.6).
  func replaceIndexers(_ keys: [Fixed32], views: [Checkout], encryptionLength: UInt64) throws {
    var next = info
    next.version = SystemInfo.maximumVersion
    next.indexers = try keys.map { Checkout(key: $0, length: try get($0)?.length ?? 0) }
    next.pendingIndexers = []
    next.views = views
    next.encryptionLength = encryptionLength
    next.entropy = ViewIdentity.nextEntropy(after: info.entropy, length: length, indexers: keys)
    var puts: [Hyperbee.Entry] = []
    var kept = length - 1
    for sequence in (1..<length - 1).reversed() {
      let entry = try bee.get(sequence: sequence)
      if entry.key == Self.infoKey {
        kept = sequence + 1
        break
      }
      puts.append(entry)
    }
    try view.rewind(to: kept)
    let batch = try bee.batch()
    for entry in puts { try batch.put(entry.key, entry.value) }
    try batch.put(Self.infoKey, next.encoded())
    try batch.flush()
    state = SystemState(next)
    members.removeAll(keepingCapacity: true)
  }

  /// Forgets what the node under way changed.
  func reset() throws {
    state = SystemState(try info(at: view.length))
    members.removeAll(keepingCapacity: true)
  }
}
