public import HypercoreCrypto

extension StoreContext {
  /// Stores a new core, under a name perhaps.
  public func createCore(_ new: NewCore, alias: Alias? = nil) throws -> CoreRecord {
    try write {
      willChange()
      let record = try storage.insertCore(new, area: nil)
      if let alias { try storage.setAlias(alias, core: record.id) }
      forgetOnRollback(try core(record))
      return record
    }
  }

  /// Gives a stored core one more name.
  public func setAlias(_ alias: Alias, core: CoreID) throws {
    try write {
      willChange()
      try storage.setAlias(alias, core: core)
    }
  }

  /// Gives a stored core one more name.
  public func setAlias(_ alias: Alias, for session: Hypercore) throws { try setAlias(alias, core: session.id) }

  /// A session on the default state of a stored core.
  ///
  /// - Parameter keyPair: signs; without one the session reads only.
  public func openSession(on record: CoreRecord, keyPair: KeyPair?, isReadOnly: Bool) throws -> Hypercore {
    try read {
      Hypercore(core: try core(record), state: try state(record.area), keyPair: keyPair, isReadOnly: isReadOnly)
    }
  }
}

extension Hypercore {
  /// Stores a manifest or public key that was not known so far.
  public func updateRecord(_ record: CoreRecord) throws {
    try write("write") {
      try core.update {
        $0.manifest = record.manifest
        $0.publicKey = record.publicKey
      }
    }
  }

  /// Fills an empty log whose manifest fixes its start with the content of another one: blocks, tree nodes and user
  /// data up to that length. One that is longer already gets the blocks of that start that it lacks, if `source` has
  /// the same start.
  ///
  /// - Throws: ``MerkleError/prologueMismatch``, ``MerkleError/missingNode(_:)``.
  public func copyPrologue(from source: Hypercore) throws {
    try write("append") {
      guard let prologue = core.verifier.prologue, prologue.length > 0 else { return }
      try source.state.refresh()
      guard state.length < prologue.length else { return try fillPrologue(prologue, from: source) }
      var tree = try prologue.tree(from: source.state)
      guard try source.state.tree(at: state.length).roots == state.tree.roots else {
        throw MerkleError.prologueMismatch
      }
      tree.fork = state.fork
      try state.extend(to: tree, from: source.state, .given(nil))
      for key in try context.storage.userDataKeys(in: source.core.record.area) where key != EarlierHeads.userDataKey {
        let value = try context.storage.userData(key, in: source.core.record.area)
        try context.storage.setUserData(key, value, in: core.record.area)
      }
    }
  }

  /// Takes blocks that are missing in a log that is longer already, as when its head was learned from others first.
  private func fillPrologue(_ prologue: Manifest.Prologue, from source: Hypercore) throws {
    let start = state.area.contiguousLength
    guard start < prologue.length, source.state.length >= prologue.length,
      let tree = try? source.state.tree(at: prologue.length), tree.hash == prologue.hash
    else { return }
    context.touch(state)
    try state.copy(start..<prologue.length, from: source.state)
    try state.didStoreBlocks(start..<prologue.length)
  }
}
