import CompactEncoding
import Hypercore
import HypercoreCrypto

extension Autobase {
  /// Whether the local writer signs: it is an indexer of the indexed state, on a core that takes signatures.
  var isIndexedSigner: Bool {
    guard let ownLog, system.view.manifest.quorum > 0 else { return false }
    return indexedInfo.indexers.contains { $0.key == ownLog.key }
  }

  /// Signs the indexed part of all views, for the local block at `length`.
  func sign(at length: UInt64) throws {
    guard let keyPair = local?.keyPair else { return }
    func signature(_ view: View, _ signed: UInt64) throws -> CheckpointState.Mark<IndexCheckpoint> {
      if let last = signatures[view.name], last.key == view.key, last.value.length == signed {
        return CheckpointState.Mark(value: last.value, length: length)
      }
      let bytes = Signable.core(view.key).bytes(treeHash: try view.tree(at: signed).hash, length: signed, fork: 0)
      let value = IndexCheckpoint(signature: keyPair.sign(bytes), length: signed)
      signatures[view.name] = (view.key, value)
      return CheckpointState.Mark(value: value, length: length)
    }
    own.system = try signature(system.view, indexedLength)
    own.encryption = try signature(encryption, indexedInfo.encryptionLength)
    own.user = []
    for (index, checkout) in indexedInfo.views.enumerated() {
      guard let view = userViews.first(where: { $0.mappedIndex == index }) else { break }
      own.user.append(try signature(view, checkout.length))
    }
  }

  // MARK: Collecting

  /// Prepares to read the signatures of the signers of the present system core.
  func openSources() throws {
    let info = try system.info(at: min(max(signedLength, 0), system.length))
    sources = []
    for (i, indexer) in info.indexers.enumerated() { sources.append(CheckpointSource(key: indexer.key, signer: i)) }
    for source in sources { try openReader(source.key) }
    if let ownLog, let reader = readers[ownLog.key], own.digest == nil {
      own = try CheckpointState(at: ownLog.length) { try reader.source.message($0) }
    }
  }

  /// Reads the newest blocks of signers whose logs have grown.
  func readSources() throws {
    for i in sources.indices {
      if sources[i].key == ownLog?.key {
        sources[i].state = own
        continue
      }
      guard let reader = readers[sources[i].key], reader.source.length > sources[i].readLength else { continue }
      do {
        sources[i].state = try CheckpointState(at: reader.source.length) { try reader.source.message($0) }
        sources[i].readLength = reader.source.length
        reader.missingBlock = nil
      } catch is DecodingError {
        sources[i].readLength = reader.source.length
      } catch LogError.blockNotAvailable(let index, _) {
        // A block it points to is not here yet: what was known before still holds.
        reader.missingBlock = index
      }
    }
  }

  /// Puts signatures of a quorum together, for the longest system length that one has signed, and marks them to be
  /// stored (spec 03 §8.3).
  ///
  /// - Returns: whether there are any.
  func assemble() throws -> Bool {
    guard let chosen = quorumSources(), let target = chosen.map({ $0.signedLength }).min(),
      target > signedLength, target <= indexedLength
    else { return false }
    for source in chosen where source.state.digest?.value != system.view.key || source.signedLength > indexedLength {
      return false
    }
    // A signature inside a flush covers no state that anybody can check: nothing to put together.
    guard let info = target == indexedLength ? indexedInfo : try? system.info(at: target) else { return false }
    var signed: [(View, MerkleTree, [UInt8])] = []
    func add(_ view: View, _ length: UInt64, _ checkpoint: (CheckpointState) -> IndexCheckpoint?) throws -> Bool {
      guard length > view.signedLength else { return true }
      guard let result = try signature(of: view, at: length, chosen, checkpoint) else { return false }
      signed.append((view, result.tree, result.signature))
      return true
    }
    guard try add(system.view, target, { $0.system?.value }) else { return false }
    guard try add(encryption, info.encryptionLength, { $0.encryption?.value }) else { return false }
    for (index, checkout) in info.views.enumerated() {
      guard let view = userViews.first(where: { $0.mappedIndex == index }) else { continue }
      guard try add(view, checkout.length, { index < $0.user.count ? $0.user[index].value : nil }) else { return false }
    }
    for (view, tree, signature) in signed { view.commit(tree, signature: signature) }
    return true
  }

  /// The quorum of signers that have signed most, ascending.
  func quorumSources() -> [CheckpointSource]? {
    let quorum = Int(clamping: system.view.manifest.quorum)
    guard quorum > 0, sources.count >= quorum else { return nil }
    let sorted = sources.enumerated().sorted { a, b in
      (a.element.signedLength, a.offset) < (b.element.signedLength, b.offset)
    }
    return sorted.suffix(quorum).map { $0.element }
  }

  private func signature(
    of view: View, at length: UInt64, _ chosen: [CheckpointSource], _ checkpoint: (CheckpointState) -> IndexCheckpoint?
  ) throws -> (tree: MerkleTree, signature: [UInt8])? {
    var partials: [PartialSignature] = []
    var isForeign = false
    for source in chosen {
      guard let own = checkpoint(source.state), own.length >= length, own.length <= view.length else { return nil }
      let signer = UInt64(source.signer)
      if own.length == length {
        partials.append(PartialSignature(signer: signer, signature: own.signature))
      } else if let partial = try PartialSignature(
        signer: signer, from: length, to: own.length, signature: own.signature, nodes: view.nodeReader())
      {
        partials.append(partial)
      }
      if source.key != ownLog?.key { isForeign = true }
    }
    let tree = try view.tree(at: length)
    let signature = MultiSignature(assembling: partials).encoded()
    // What this node has signed itself is not checked again.
    if isForeign && !Verifier(key: view.key, manifest: view.manifest).accepts(tree, signature: signature) { return nil }
    return (tree, signature)
  }
}
