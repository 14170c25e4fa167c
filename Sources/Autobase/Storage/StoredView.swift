import CompactEncoding
import Hypercore

/// A view core in a store: the signed log, and its draft `batch` while what is applied is something else.
///
/// Others may extend the signed log, by replication: then its head can be ahead of what is applied here. The blocks
/// that are applied are the draft's, or the first ``shownLength`` of the signed log while there is no draft.
final class StoredView: ViewStorage {
  static let draftName = "batch"

  let key: Fixed32
  let manifest: Manifest
  private let core: Hypercore
  private var draft: Hypercore?
  /// How much of the signed log is applied, while there is no draft.
  private var shownLength: UInt64

  init(_ core: Hypercore, _ manifest: Manifest) throws {
    key = core.key
    self.manifest = manifest
    self.core = core
    shownLength = core.length
    if try core.draftNames().contains(Self.draftName) { draft = try core.session(named: Self.draftName) }
  }

  var missingRange: Range<UInt64>? {
    let (first, end) = (core.contiguousLength, signedLength)
    return first < end ? first..<end : nil
  }

  var hasConflict: Bool { core.isFrozen }
  var signedLog: any ReadableLog { core }
  func show(_ length: UInt64) { if draft == nil { shownLength = length } }

  /// Whether somebody else began or ended a draft, or learned of more than is shown.
  var isStale: Bool {
    guard let names = try? core.draftNames() else { return false }
    return names.contains(Self.draftName) != (draft != nil)
  }

  /// The session that shows the tip as well.
  var newest: Hypercore { draft ?? core }

  var length: UInt64 { draft?.length ?? min(shownLength, core.length) }
  var signedLength: UInt64 { draft?.signedLength ?? length }

  func signature() throws -> [UInt8]? { try core.head().signature }
  func block(at index: UInt64) throws -> [UInt8] { try newest.block(at: index) }
  func node(at index: UInt64) throws -> TreeNode? { try newest.treeNode(at: index) }
  func reading<R>(_ body: () throws -> R) throws -> R { try core.reading(body) }
  func snapshot() throws -> any ReadableLog { try newest.snapshot() }

  func tree() throws -> MerkleTree {
    let session = newest
    let length = length
    return try MerkleTree(roots: session.roots(at: length), length: length, fork: 0)
  }

  func write(_ change: ViewChange) throws {
    let newLength = change.keptLength + UInt64(change.blocks.count)
    if draft == nil, change.keptLength == core.length, let signed = change.signed, signed.tree.length == newLength {
      try core.append(trusted: change.blocks, hashed: change.batch, signature: signed.signature)
      shownLength = newLength
      return
    }
    let draft = try openDraft()
    if change.keptLength < draft.length { try draft.truncate(to: change.keptLength, fork: 0) }
    try draft.append(change.blocks)
    guard let signed = change.signed else { return }
    let length = signed.tree.length
    if core.length > length {
      // Somebody knows of more already: the signed log gets the blocks that were computed here.
      guard try core.fill(from: draft, length: length) else { return }
    } else {
      try core.commit(draft, length: length, signature: signed.signature, checked: signed.tree)
    }
    if length == newLength {
      try dropDraft()
      shownLength = length
    }
  }

  func fillPrologue(from other: any ViewStorage) throws {
    guard let other = other as? StoredView, core.length > 0, let length = manifest.prologue?.length,
      length > 0, other.length >= length
    else { return }
    try core.copyPrologue(from: other.newest)
  }

  private func openDraft() throws -> Hypercore {
    if let draft { return draft }
    let length = min(shownLength, core.length)
    let opened = try core.session(named: Self.draftName)
    if length < opened.length { try opened.truncate(to: length, fork: 0) }
    draft = opened
    return opened
  }

  /// Makes the first `length` blocks of the signed log what is applied.
  func reset(to length: UInt64) throws {
    try dropDraft()
    guard length <= core.length else {
      throw AutobaseError.corrupt("view core \(key) has \(core.length) signed blocks, not \(length)")
    }
    shownLength = length
  }

  /// Removes the unsigned tip.
  func dropDraft() throws {
    guard draft != nil else { return }
    try core.deleteDraft(named: Self.draftName)
    draft = nil
  }

  func userData(_ key: String) throws -> [UInt8]? { try core.userData(key) }
  func setUserData(_ key: String, _ value: [UInt8]?) throws { try core.setUserData(key, value) }
}
