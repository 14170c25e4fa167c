import CompactEncoding
import Hyperbee
import Hypercore

/// Going back to a state that is whole, when what is stored beside the logs is not (spec 03 §13). Nothing is lost by it:
/// everything behind that state is in the writers' logs, and is ordered and applied again.
extension Autobase {
  /// Drops all that is not final, and applies it again.
  public func rebuildTip() throws { try change { try dropTip() } }

  /// Goes back to a signed state whose views are all here; to the beginning when there is none.
  func restoreWholeState() throws {
    guard mayWrite, let local else { return }
    let boot = try local.userData(UserDataKey.boot).map { try BootRecord(decoding: $0) }
    let state = try boot.flatMap { boot in try wholeState(boot) }
    updates = try UpdateLog(local.records())
    updates.reset()
    try updates.store { key, value in try local.setRecord(key, value) }
    if let boot, let state {
      try storage.view(key: boot.key)?.reset(to: state.length)
      for view in state.info.views where view.length > 0 { try storage.view(key: view.key)?.reset(to: view.length) }
      let record = BootRecord(key: boot.key, systemLength: state.length, fastForwarding: true)
      try local.setUserData(UserDataKey.boot, record.encoded())
    } else {
      let genesis = try ViewSet(genesis: identity, application.viewNames, storage)
      for core in [genesis.system, genesis.encryption] + genesis.user.map({ $0.storage }) { try core.reset(to: 0) }
      try local.setUserData(UserDataKey.boot, nil)
    }
    needsLookup = true
    for head in boot?.heads ?? [] where !wakeups.contains(head) { wakeups.append(head) }
    try local.setUserData(UserDataKey.wakeup, wakeups.isEmpty ? nil : WakeupList(wakeups).encoded())
  }

  private func wholeState(_ boot: BootRecord) throws -> (length: UInt64, info: SystemInfo)? {
    guard let core = try storage.view(key: boot.key) else { return nil }
    let known = BlockKeys(baseKey: key, encryptionKey: encryptionKey)
    if let linked = try core.manifest.linked?.first.flatMap({ try storage.view(key: $0) })?.signedLog {
      try known.update(length: linked.length) { try linked.block(at: $0) }
    }
    let log = DecryptedLog(core.signedLog, known.view(SystemView.name, core.manifest))
    // Only where indexing has paused, somewhere, can it go on: in between it would come to another order. A quorum has
    // signed such a state, this node has indexed up to one, and a core begins with one.
    let indexed = boot.version == 0 ? 0 : boot.systemLength
    let candidates = [log.length, indexed, core.manifest.prologue?.length ?? 0]
    for length in Set(candidates).sorted(by: >) where length > 0 && length <= log.length {
      let bee = Hyperbee(log).at(length)
      guard let info = try? SystemView.info(at: length, bee), hasRecords(info, bee) else { continue }
      if try info.views.allSatisfy(isWhole) { return (length, info) }
    }
    return nil
  }

  /// Whether the records that a base begins with can be read, and the indexers' manifests are known.
  private func hasRecords(_ info: SystemInfo, _ bee: Hyperbee) -> Bool {
    guard info.indexers.allSatisfy({ (try? ViewSet.manifest(of: $0.key, storage)) != nil }) else { return false }
    let writers = info.indexers.map(\.key) + info.heads.map(\.key) + [local?.key].compactMap(\.self)
    return writers.allSatisfy { writer in
      do { return try bee.get(SystemView.memberKey(writer)) != nil || writer == local?.key } catch { return false }
    }
  }

  private func isWhole(_ view: Checkout) throws -> Bool {
    guard view.length > 0 else { return true }
    guard let log = try storage.view(key: view.key)?.signedLog, log.length >= view.length else { return false }
    return (try? log.block(at: view.length - 1)) != nil
  }
}
