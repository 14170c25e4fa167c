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
  /// - Parameters:
  ///   - next: the key of the system core that follows this flush, when the indexers changed.
  ///   - isForking: whether they were replaced: then the nodes still belong to the old system core.
  func flush(_ nodes: [Node], next: Fixed32? = nil, isForking: Bool = false) throws {
    changeCount += 1
    try appendLocal(nodes, systemKey: isForking ? system.view.key : next ?? system.view.key, isForking: isForking)
    if next == nil {
      try readSources()
      _ = try assemble()
    }
    for view in userViews { try view.flush() }
    try encryption.flush()
    try system.view.flush()
    try storeBoot(
      BootRecord(key: next ?? system.view.key, systemLength: indexedLength, indexersUpdated: next != nil))
  }

  func storeBoot(_ boot: BootRecord) throws {
    guard let local else { return }
    if boot != storedBoot {
      try local.setUserData(UserDataKey.boot, boot.encoded())
      storedBoot = boot
    }
    try updates.store { key, value in try local.setRecord(key, value) }
  }

  private func appendLocal(_ nodes: [Node], systemKey: Fixed32, isForking: Bool) throws {
    guard let local, let last = nodes.last else { return }
    let log = LoggedMessages(log: local, keys: keys)
    let isSigner = isIndexedSigner
    // Only the last block carries new signatures; those before it point to what there was.
    let before = own
    // A fork rewrites what the old system core held: it must not get a second signature for the same length.
    if isSigner, !isForking, indexedLength > own.system?.value.length ?? 0 { try sign(at: last.length) }
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
