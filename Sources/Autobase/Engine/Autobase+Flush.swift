import CompactEncoding
import Hypercore

extension Autobase {
  /// Whether something is assembled or out of date although nothing was applied.
  func needsFlush() throws -> Bool {
    try readSources()
    return try assemble()
  }

  /// Stores one round: the local nodes, the views, signatures, the boot record and the records of the tip, all in the
  /// open transaction (spec 03 §6.3).
  ///
  /// - Parameter nextSystem: the key of the system core that follows this flush, when the indexers changed.
  func flush(_ nodes: [Node], nextSystem: Fixed32?) throws {
    changeCount += 1
    try appendLocal(nodes, systemKey: nextSystem ?? system.view.key)
    if nextSystem == nil {
      try readSources()
      _ = try assemble()
    }
    for view in userViews { try view.flush() }
    try encryption.flush()
    try system.view.flush()
    try storeBoot(
      BootRecord(key: nextSystem ?? system.view.key, systemLength: indexedLength, indexersUpdated: nextSystem != nil))
  }

  private func storeBoot(_ boot: BootRecord) throws {
    guard let local else { return }
    if boot != storedBoot {
      try local.setUserData(UserDataKey.boot, boot.encoded())
      storedBoot = boot
    }
    try updates.store { key, value in try local.setRecord(key, value) }
  }

  private func appendLocal(_ nodes: [Node], systemKey: Fixed32) throws {
    guard let local, let last = nodes.last else { return }
    let log = LoggedMessages(log: local, encryption: writerEncryption(local.key, local.manifest))
    let isSigner = isIndexedSigner
    // Only the last block carries new signatures; those before it point to what there was.
    let before = own
    if isSigner, indexedLength > own.system?.value.length ?? 0 { try sign(at: last.length) }
    var blocks: [[UInt8]] = []
    blocks.reserveCapacity(nodes.count)
    for node in nodes {
      let signatures = node === last ? own : before
      let message = OplogMessage(
        heads: node.heads, batch: node.batch, value: node.value,
        checkpoint: isSigner ? signatures.checkpoint(at: node.length) : nil,
        digest: own.writeDigest(systemKey, at: node.length), optimistic: node.isOptimistic)
      blocks.append(try log.encode(message, length: node.length))
    }
    try local.append(blocks)
  }
}
