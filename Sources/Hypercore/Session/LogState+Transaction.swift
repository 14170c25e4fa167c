/// The end of a transaction.
extension LogState {
  /// Writes the record of the area. Called once a transaction, right before it commits.
  func store() throws {
    if isDead { return }
    if isHeadStale {
      _ = try signature()
      area.head.fork = tree.fork
      area.head.length = tree.length
      area.head.byteLength = tree.byteLength
      area.head.rootHash = tree.hash
      area.head.timestamp = context.clock()
      isHeadStale = false
    }
    try storage.updateArea(area)
  }

  func didCommit() {
    isTouched = false
    let truncation = pendingTruncation
    let appended = hasPendingAppend
    pendingTruncation = nil
    hasPendingAppend = false
    let clears = pendingClears
    pendingClears = []
    context.owningAtom?.note(id, truncation: truncation, appended: appended)
    guard !listeners.isEmpty else { return }
    listeners.removeAll { $0.value == nil }
    for listener in listeners.compactMap(\.value) {
      for range in clears { listener.onClear?(range) }
      if let truncation { listener.onEvent?(.truncate(length: truncation.length, fork: truncation.fork)) }
      if appended { listener.onEvent?(.append) }
    }
  }

  /// An atom is about to truncate this state.
  func willTruncateOutside(to length: UInt64) throws {
    for box in snapshots { try box.value?.truncate(to: length) }
  }

  /// An atom has changed this state in the open transaction.
  func reload(truncation: (length: UInt64, fork: UInt64)?, appended: Bool) throws {
    guard let stored = try storage.area(id) else {
      isDead = true
      return
    }
    context.touch(self)
    area = stored
    tree = try loadTree()
    pendingSigner = nil
    isHeadStale = false
    pendingTruncation = truncation
    hasPendingAppend = appended
  }

  func didRollBack() {
    isTouched = false
    isHeadStale = false
    pendingSigner = nil
    pendingTruncation = nil
    hasPendingAppend = false
    pendingClears = []
  }
}
