internal import CompactEncoding
public import HypercoreCrypto

extension Hypercore: AppendableLog {
  /// Appends all blocks at once and returns the new length. An empty list changes nothing.
  ///
  /// - Throws: ``SessionError/notWritable``, ``SessionError/blockTooLarge(size:)``,
  ///   ``MerkleError/appendBelowPrologue``, or an error of the storage.
  @discardableResult
  public func append(_ blocks: [[UInt8]]) throws -> UInt64 { try append(blocks, maximumLength: nil) }

  /// Runs `body` in one write transaction of the store, or in the one that is open.
  ///
  /// - Throws: what `body` throws, ``SessionError/writeInsideRead``, or an error of the storage.
  public func writing<R>(_ body: () throws -> R) throws -> R { try context.write(body) }

  /// Appends one block and returns the new length.
  @discardableResult
  public func append(block: [UInt8]) throws -> UInt64 { try append([block]) }

  /// Appends blocks.
  ///
  /// - Parameters:
  ///   - maximumLength: when the log would become longer than this, nothing is appended.
  ///   - signature: taken, after a check, instead of making one.
  ///   - keyPair: signs instead of the session's.
  /// - Returns: the length afterwards.
  @discardableResult
  public func append(
    _ blocks: [[UInt8]], maximumLength: UInt64?, signature: [UInt8]? = nil, keyPair: KeyPair? = nil
  ) throws -> UInt64 {
    if !isClosed {
      // Told without the write lock, which a reader may not have the right to take.
      guard !isReadOnly, !isSnapshot, name != nil || signature != nil || (keyPair ?? self.keyPair) != nil else {
        throw SessionError.notWritable
      }
    }
    return try write("append") {
      let (length, blockSizeLimit) = (state.length, Self.maximumBlockSize - padding)
      if let large = blocks.first(where: { $0.count > blockSizeLimit }) {
        throw SessionError.blockTooLarge(size: large.count + padding)
      }
      let newLength = length + UInt64(blocks.count)
      if blocks.isEmpty || newLength > maximumLength ?? .max { return length }
      if name == nil { try core.verifier.prologue?.checkAppend(to: newLength) }
      if core.record.isFrozen && name == nil { throw SessionError.frozen }
      var stored = blocks
      if let encryption {
        let fork = try mainState.fork
        stored = try blocks.enumerated().map { try encryption.encrypt($1, at: length + UInt64($0), fork: fork) }
      }
      try state.append(stored, signing(of: stored, signature, keyPair ?? self.keyPair))
      return newLength
    }
  }

  private func signing(of blocks: [[UInt8]], _ signature: [UInt8]?, _ keyPair: KeyPair?) throws -> LogState.Signing {
    if name != nil { return .keep }
    let verifier = core.verifier
    if signature == nil, let keyPair {
      if let prologue = verifier.prologue, state.length + UInt64(blocks.count) == prologue.length { return .given(nil) }
      // Fails now, not at the commit, when the key pair is not a signer's, or not enough.
      guard verifier.quorum <= 1 else { throw SessionError.notWritable }
      guard verifier.manifest.signers.contains(where: { $0.publicKey == keyPair.publicKey }) else {
        throw ManifestError.undeclaredSigner(keyPair.publicKey)
      }
      return .sign(verifier, keyPair)
    }
    var batch = MerkleBatch(state.tree)
    batch.append(contentsOf: blocks)
    guard verifier.accepts(batch.tree, signature: signature) else { throw SessionError.invalidSignature }
    return .given(signature)
  }

  /// Drops the blocks from `length` on and raises the fork by one.
  ///
  /// - Throws: ``MerkleError/notATruncation(to:length:)``, ``SessionError/notTruncatable``.
  public func truncate(to length: UInt64) throws { try truncate(to: length, fork: nil) }

  /// Drops the blocks from `length` on.
  ///
  /// - Parameters:
  ///   - fork: the new fork; one more than now by default.
  ///   - signature: taken, after a check, instead of making one.
  ///   - keyPair: signs instead of the session's.
  public func truncate(
    to length: UInt64, fork: UInt64?, signature: [UInt8]? = nil, keyPair: KeyPair? = nil
  ) throws {
    if !isClosed && (isSnapshot || isReadOnly) { throw SessionError.notTruncatable }
    try write("truncate") {
      let keyPair = keyPair ?? self.keyPair
      let fork = fork ?? state.fork + 1
      guard name != nil || signature != nil || keyPair != nil || (length == 0 && fork == state.fork)
      else { throw SessionError.notTruncatable }
      guard length <= state.length else { throw MerkleError.notATruncation(to: length, length: state.length) }
      if name == nil { try core.verifier.prologue?.checkTruncation(to: length) }
      var signing = LogState.Signing.keep
      if let signature {
        var tree = try state.tree(at: length)
        tree.fork = fork
        guard core.verifier.accepts(tree, signature: signature) else { throw SessionError.invalidSignature }
        signing = .given(signature)
      } else if let keyPair, core.verifier.quorum <= 1,
        core.verifier.manifest.signers.contains(where: { $0.publicKey == keyPair.publicKey })
      {
        signing = .sign(core.verifier, keyPair)
      } else if name == nil {
        signing = .given(nil)
      }
      try state.truncate(to: length, fork: fork, signing)
    }
  }

  /// Deletes the blocks of a range from this store only: lengths, hashes and signatures stay.
  ///
  /// The tree nodes stay as well, so that the log can still be proven and truncated.
  public func clear(_ range: Range<UInt64>) throws {
    try write("clear") {
      let range = range.clamped(to: 0..<state.length)
      guard !range.isEmpty else { return }
      try state.clear(range)
    }
  }

  /// Notes how far some peer is known to store the log.
  public func setRemoteContiguousLength(_ length: UInt64) throws {
    try write("write") { try mainState.setRemoteContiguousLength(length) }
  }

  /// Marks the core as having two conflicting signatures; it takes no more data.
  public func freeze() throws { try write("write") { try core.update { $0.isFrozen = true } } }

  /// Stores the manifest of a core that was known by its key only.
  ///
  /// - Throws: ``SessionError/storageConflict(_:)`` when it belongs to another core.
  public func setManifest(_ manifest: Manifest) throws {
    try write("write") {
      guard core.manifest == nil else { return }
      guard manifest.matches(key) else { throw SessionError.storageConflict("Manifest does not hash to provided key") }
      try core.update { $0.manifest = manifest.encoded() }
    }
  }
}
