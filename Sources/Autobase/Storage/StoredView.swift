import CompactEncoding
import Hypercore

/// A view core in a store: the signed log, and its draft `batch` while there is an unsigned tip.
final class StoredView: ViewStorage {
  static let draftName = "batch"

  let key: Fixed32
  let manifest: Manifest
  private let core: Hypercore
  private var draft: Hypercore?

  init(_ core: Hypercore, _ manifest: Manifest) throws {
    key = core.key
    self.manifest = manifest
    self.core = core
    if try core.draftNames().contains(Self.draftName) { draft = try core.session(named: Self.draftName) }
  }

  /// The session that shows the tip as well.
  var newest: Hypercore { draft ?? core }

  var length: UInt64 { newest.length }
  var signedLength: UInt64 { core.length }

  func signature() throws -> [UInt8]? { try core.head().signature }
  func block(at index: UInt64) throws -> [UInt8] { try newest.block(at: index) }
  func node(at index: UInt64) throws -> TreeNode? { try newest.treeNode(at: index) }
  func reading<R>(_ body: () throws -> R) throws -> R { try core.reading(body) }
  func snapshot() throws -> any ReadableLog { try newest.snapshot() }

  func tree() throws -> MerkleTree {
    let session = newest
    let length = session.length
    return try MerkleTree(roots: session.roots(at: length), length: length, fork: 0)
  }

  func write(_ change: ViewChange) throws {
    let newLength = change.keptLength + UInt64(change.blocks.count)
    if draft == nil, change.keptLength == core.length, let signed = change.signed, signed.tree.length == newLength {
      try core.append(trusted: change.blocks, hashed: change.batch, signature: signed.signature)
      return
    }
    let draft = try openDraft()
    if change.keptLength < draft.length { try draft.truncate(to: change.keptLength, fork: 0) }
    try draft.append(change.blocks)
    guard let signed = change.signed else { return }
    try core.commit(draft, length: signed.tree.length, signature: signed.signature)
    if signed.tree.length == newLength { try dropDraft() }
  }

  private func openDraft() throws -> Hypercore {
    if let draft { return draft }
    let opened = try core.session(named: Self.draftName)
    draft = opened
    return opened
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
