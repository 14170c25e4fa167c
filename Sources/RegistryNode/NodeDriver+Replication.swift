import Autobase
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import Replication

/// What the base reads, on all connections.
extension NodeDriver {
  /// Has those logs replicated that the base wants, as it wants them.
  func replicate() {
    let cores = node.base.wantedCores
    guard cores != wanted else { return }
    var active: Set<Fixed32> = []
    var isComplete = true
    for core in cores where core.isActive {
      active.insert(core.key)
      do { try replicate(core) } catch {
        isComplete = false
        note("\(error)")
      }
    }
    for core in wanted where core.isActive && !active.contains(core.key) {
      replicator.deactivate(discoveryKey(of: core.key))
    }
    // What could not be opened is tried again with the next change.
    wanted = isComplete ? cores : cores.filter { replicator.isActive(discoveryKey(of: $0.key)) }
    replicator.flush()
  }

  /// Whether blocks of views that the base could not read are on their way.
  public var isFetching: Bool { !fetching.isEmpty }

  /// Asks for the blocks of views that the base could not read, before all others.
  func fetchMissing() {
    for (view, blocks) in node.base.missingBlocks {
      guard let key = wanted.first(where: { $0.role == .view(view) })?.key,
        let core = replicator.core(discoveryKey(of: key))
      else { continue }
      for index in blocks {
        guard (try? core.log.has(index)) == false,
          fetching.insert(FetchedBlock(core: key, index: index)).inserted
        else { continue }
        core.get(index) { [unowned self] _ in
          fetching.remove(FetchedBlock(core: key, index: index))
          didStore()
        }
        replicator.touch(core.log.discoveryKey)
      }
    }
    replicator.flush()
  }

  private func replicate(_ core: WantedCore) throws {
    let known = replicator.core(discoveryKey(of: core.key))
    let log = try known?.log ?? node.store.get(key: core.key)
    let replication = replicator.activate(log, policy: core.download.policy)
    if replication.onChange == nil {
      replication.onChange = { [unowned self] in didStore() }
    }
  }
}

/// A block that was asked for.
struct FetchedBlock: Hashable {
  let core: Fixed32
  let index: UInt64
}

extension WantedCore.Download {
  /// The same for the replication of one log.
  fileprivate var policy: DownloadPolicy {
    switch self {
    case .nothing: .none
    case .head(let blocks): blocks.isEmpty ? .head : .ranges(blocks)
    case .everything: .everything
    }
  }
}
