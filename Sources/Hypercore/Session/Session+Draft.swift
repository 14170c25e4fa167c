public import HypercoreCrypto

extension Hypercore {
  /// Another session on the same state.
  public func session(isReadOnly: Bool? = nil) throws -> Hypercore {
    guard !isClosed else { throw SessionError.noSessionOnClosedCore }
    return Hypercore(
      core: core, state: state, frozen: frozen, keyPair: keyPair, isReadOnly: isReadOnly ?? self.isReadOnly,
      encryption: encryption)
  }

  /// Opens a draft: a log of its own on top of what this session shows.
  ///
  /// - Parameters:
  ///   - overwrite: discard a draft of that name instead of going on with it.
  ///   - checkout: cut the draft to this length; its fork becomes 0 then, as in the reference.
  /// - Throws: ``SessionError/invalidCheckout(length:limit:)``.
  public func session(named name: String, overwrite: Bool = false, checkout: UInt64? = nil) throws -> Hypercore {
    guard !isClosed else { throw SessionError.noSessionOnClosedCore }
    // One that is there already can be opened inside a read transaction as well, and in a store nobody may write.
    if !overwrite, checkout == nil, let draft = try read("open a draft", { _ in try storedDraft(named: name) }) {
      return Hypercore(core: core, state: draft, keyPair: keyPair, isReadOnly: false, encryption: encryption)
    }
    return try write("open a draft") {
      let draft = try openDraft(named: name, overwrite: overwrite)
      let session = Hypercore(core: core, state: draft, keyPair: keyPair, isReadOnly: false, encryption: encryption)
      guard let checkout else { return session }
      let start = core.verifier.prologue?.length ?? 0
      guard checkout <= draft.length, checkout >= start else {
        throw SessionError.invalidCheckout(length: checkout, limit: checkout < start ? start : draft.length)
      }
      if checkout < draft.length { try draft.truncate(to: checkout, fork: 0, .keep) }
      return session
    }
  }

  /// Cuts this draft back to a length it shares with nothing newer. Only drafts can be checked out.
  public func checkout(_ length: UInt64) throws {
    guard name != nil else { throw SessionError.checkoutWithoutName }
    try write("check out") { try state.truncate(to: length, fork: state.fork, .keep) }
  }

  private func openDraft(named name: String, overwrite: Bool) throws -> LogState {
    if let draft = try storedDraft(named: name) {
      if overwrite {
        try draft.rebase(onto: state, length: state.length)
        draft.resetFork(to: state.fork)
      }
      return draft
    }
    context.willChange()
    var head = state.area.head
    head.signature = try state.signature()
    head.fork = state.fork
    head.length = state.length
    head.byteLength = state.tree.byteLength
    head.rootHash = state.tree.hash
    let area = try context.storage.insertDraft(
      named: name, of: core.record.id, head: head, dependency: Dependency(area: state.id, length: state.length))
    let draft = try context.adopt(area)
    context.forgetOnRollback(draft)
    return draft
  }

  private func storedDraft(named name: String) throws -> LogState? {
    try context.storage.draft(named: name, of: core.record.id).map { try context.state($0.id) }
  }

  /// Names of all drafts of this core.
  public func draftNames() throws -> [String] {
    try read { _ in try context.storage.drafts(of: core.record.id).compactMap(\.name) }
  }

  /// Makes blocks of a draft part of the signed log.
  ///
  /// - Parameters:
  ///   - draft: a draft made from this core's default state.
  ///   - length: how much of the draft; all by default. The rest stays in it.
  ///   - sharedLength: up to where both are the same; what the draft shares by default.
  ///   - signature: for the new head, as from several signers; made with the key pair when nil.
  ///   - checked: the head for which the caller has checked that signature: for owners of a multi-signature log who have
  ///     just put it together, since checking again would cost more than all the rest.
  ///   - keyPair: signs instead of the session's.
  /// - Returns: the new length, or nil when the signed log has grown longer than or differently from the draft.
  /// - Throws: ``SessionError/notADraft``, ``SessionError/invalidSignature``.
  @discardableResult
  public func commit(
    _ draft: Hypercore, length: UInt64? = nil, sharedLength: UInt64? = nil, signature: [UInt8]? = nil,
    checked: MerkleTree? = nil, keyPair: KeyPair? = nil
  ) throws -> UInt64? {
    try write("commit") {
      try draft.state.refresh()
      guard name == nil, !isSnapshot, draft.frozen == nil, draft.context === context,
        let dependency = draft.state.area.dependency, dependency.area == state.id
      else { throw SessionError.notADraft }
      if core.record.isFrozen { throw SessionError.frozen }
      let shared = sharedLength ?? dependency.length
      let length = length ?? draft.state.length
      guard length <= draft.state.length, state.length <= length else { return nil }
      if state.length > shared {
        guard try draft.state.tree(at: state.length).roots == state.tree.roots else { return nil }
      }
      var tree = try draft.state.tree(at: length)
      let start = state.length
      if start > dependency.length {
        // Somebody told of that head, and perhaps not of its blocks; the draft is about to give them up.
        context.touch(state)
        try state.copy(dependency.length..<start, from: draft.state)
        try state.didStoreBlocks(dependency.length..<start)
      }
      var signing = LogState.Signing.keep
      if length > start {
        tree.fork = draft.state.fork
        let made = try signature ?? sign(tree, keyPair ?? self.keyPair)
        tree.fork = state.fork
        let isChecked = signature != nil && checked == tree
        guard isChecked || core.verifier.accepts(tree, signature: made) else { throw SessionError.invalidSignature }
        signing = .given(made)
        try state.extend(to: tree, from: draft.state, signing)
      }
      try draft.state.share(length, with: state.id)
      return length
    }
  }

  /// Takes from a draft the blocks and nodes that this signed log, which is longer, may not have stored.
  ///
  /// - Parameters:
  ///   - draft: a draft made from this core's default state.
  ///   - length: how much of the draft. The rest stays in it.
  /// - Returns: false, and nothing changes, when the draft is something else than the signed log, or when that cannot
  ///   be told from what is stored.
  /// - Throws: ``SessionError/notADraft``.
  @discardableResult
  public func fill(from draft: Hypercore, length: UInt64) throws -> Bool {
    try write("commit") {
      try draft.state.refresh()
      guard name == nil, !isSnapshot, draft.frozen == nil, draft.context === context,
        let dependency = draft.state.area.dependency, dependency.area == state.id
      else { throw SessionError.notADraft }
      guard length <= draft.state.length, length <= state.length else { return false }
      guard let tree = try? state.tree(at: length), try draft.state.tree(at: length).roots == tree.roots else {
        return false
      }
      guard dependency.length < length else { return true }
      context.touch(state)
      try state.copy(dependency.length..<length, from: draft.state)
      try state.didStoreBlocks(dependency.length..<length)
      try draft.state.share(length, with: state.id)
      return true
    }
  }

  private func sign(_ tree: MerkleTree, _ keyPair: KeyPair?) throws -> [UInt8]? {
    if let prologue = core.verifier.prologue, tree.length <= prologue.length { return nil }
    return try core.verifier.signHead(tree, with: keyPair)
  }

  /// Discards what a draft holds and lets it start again from the first `length` blocks of the signed log.
  public func catchUp(to length: UInt64) throws {
    try write("catch up") {
      guard name != nil else { throw SessionError.notADraft }
      try state.rebase(onto: mainState, length: length)
    }
  }

  /// Moves this draft to another core: it discards what it holds and starts again, under the same name, from the
  /// first `length` blocks of `other`.
  public func move(to other: Hypercore, length: UInt64) throws -> Hypercore {
    guard let name else { throw SessionError.notADraft }
    return try write("move") {
      let moved = try other.session(named: name, overwrite: true)
      try moved.state.rebase(onto: other.state, length: length)
      moved.state.resetFork(to: length < state.length ? state.fork + 1 : state.fork)
      return moved
    }
  }

  /// Removes a draft with all it holds. Its sessions are closed.
  public func deleteDraft(named name: String) throws {
    try write("delete a draft") {
      guard let stored = try context.storage.draft(named: name, of: core.record.id) else { return }
      let draft = try context.state(stored.id)
      try draft.delete()
    }
  }
}
