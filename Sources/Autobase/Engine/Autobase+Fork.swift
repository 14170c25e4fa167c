import CompactEncoding
import Hypercore
import HypercoreCrypto

/// A replacement of the indexers that `apply` asked for.
struct PendingFork {
  let indexers: [Fixed32]
  /// The system length that the new indexers go on from.
  let length: UInt64
}

/// Replaces the indexers without asking them (spec 03 §11.6): for a base whose quorum is lost for ever.
///
/// All views move to cores of the new indexers that start with what the old ones held at one system length. The system
/// view gets version 2 and an entropy of its own; a descriptor with a hash of that is appended to `_encryption`, and
/// later blocks are encrypted with keys made from it.
extension Autobase {
  /// Whether the indexers may be replaced: `system` must be a state of the present system core that is final with this
  /// update, and every new indexer a member whose log is known.
  func canFork(to indexers: [Fixed32], from system: Checkout) throws -> Bool {
    guard !indexers.isEmpty, Set(indexers).count == indexers.count else { return false }
    guard system.key == self.system.view.key, system.length <= pendingIndexedLength else { return false }
    guard isFlushEnd(system.length) else { return false }
    for key in indexers {
      guard let member = try self.system.get(key), member.length > 0, !member.isRemoved else { return false }
    }
    return true
  }

  private func isFlushEnd(_ length: UInt64) -> Bool {
    length > 0 && length <= system.length && (try? system.info(at: length)) != nil
  }

  /// The system length that is final once the update under way is through.
  private var pendingIndexedLength: UInt64 {
    var left = applyingIndexed
    guard left > 0 else { return indexedLength }
    var length = indexedLength
    var record = 0
    while left > 0, record < updates.count {
      left -= min(left, updates[record].batch)
      length = updates[record].systemLength
      record += 1
    }
    return length
  }

  /// Stores a round in which the indexers were replaced, and moves all views. What was applied behind the fork's length
  /// is dropped: it will be ordered by the new indexers and applied again.
  func performFork(_ fork: PendingFork, indexed: Int, _ localNodes: [Node]) throws {
    if fork.length > indexedLength { try dropIndexed(indexed) }
    try truncate(to: fork.length, isForking: true)
    updates.reset()
    let signers = try fork.indexers.map { try ViewSet.manifest(of: $0, storage) }
    let entropy = ViewIdentity.nextEntropy(after: info.entropy, length: fork.length, indexers: fork.indexers)
    let version = max(system.view.manifest.version, SystemInfo.maximumVersion)
    func next(_ view: View, linked: [Fixed32]? = nil) throws -> Manifest {
      let prologue = Manifest.Prologue(hash: try view.tree(at: view.length).hash, length: view.length)
      // Blocks that were written before keys could change stay as they are.
      let data =
        view.manifest.version > 1 ? view.manifest.userData : ManifestData(legacyBlocks: view.length).encoded()
      return identity.manifest(
        view.name, indexers: signers, prologue: prologue, version: version, entropy: entropy, linked: linked,
        userData: data)
    }
    let manifests = try writing {
      var moves = try userViews.map { (view: $0, manifest: try next($0)) }
      let views = moves.map { Checkout(key: $0.manifest.key, length: $0.view.length) }
      let payload = Blake2b.hash([AutobaseNamespace.encryption.bytes, entropy.bytes])
      try encryption.append([EncryptionDescriptor(payload: payload.bytes).encoded()])
      let linked = try next(encryption)
      moves.append((encryption, linked))
      try system.replaceIndexers(fork.indexers, views: views, encryptionLength: encryption.length)
      moves.append((system.view, try next(system.view, linked: [linked.key])))
      return moves
    }
    indexedLength = system.length
    indexedInfo = info
    try flush(localNodes, next: manifests[manifests.count - 1].manifest.key, isForking: true)
    try move(manifests)
    try keys.update(encryption)
    for view in allViews { view.updateKeys() }
    for (index, view) in userViews.enumerated() { view.mappedIndex = index }
    system.reservedViews = 0
  }
}
