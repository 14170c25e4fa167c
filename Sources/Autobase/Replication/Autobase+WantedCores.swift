import CompactEncoding
import Hypercore

extension Autobase {
  /// The cores to replicate, and how. May change with every call that advances the base; cores that are not listed
  /// need not be open.
  ///
  /// Writers are active while they are indexers or heads, were just added or announced, or have blocks that are not
  /// ordered yet; all of them are while they are few. The own log is downloaded, too: when somebody has more of it, this
  /// store is an old copy, and what it would write next is a second history. Views are computed here, so they are only
  /// served; after a fast-forward, blocks that were not computed here are downloaded. While a fast-forward gathers what
  /// it needs, other writers rest.
  public var wantedCores: [WantedCore] {
    var list = WantedList()
    addFastForward(to: &list)
    addManifests(to: &list)
    addWriters(to: &list)
    for view in allViews {
      let missing = view.missingBlocks(all: options.downloadsViews)
      list.add(
        WantedCore(
          key: view.key, role: .view(view.name), download: missing.isEmpty ? .nothing : .head(blocks: missing),
          isActive: true))
    }
    return list.cores
  }

  private func addWriters(to list: inout WantedList) {
    let readers = readers.all
    let areFew = readers.count <= options.activeWriters
    let headWriters = areFew ? [] : Set(linearizer.currentHeads.map { $0.key })
    for reader in readers {
      let isLocal = reader.key == ownLog?.key
      let isActive =
        areFew || isLocal || needsManifest(reader) || isWanted(reader)
        || headWriters.contains(reader.key)
      let rests = !isLocal && isFastForwarding
      list.add(
        WantedCore(
          key: reader.key, role: .writer, download: rests ? .nothing : download(of: reader),
          isActive: isActive && (isLocal || !isFastForwarding)))
    }
  }

  private func needsManifest(_ reader: WriterReader) -> Bool {
    neededManifests.contains(reader.key) && (reader.source as? LoggedMessages)?.log.manifest == nil
  }

  /// A writer that comes back after it was removed long ago may be unknown here but for its key.
  private func addManifests(to list: inout WantedList) {
    for key in neededManifests.sorted() where readers[key] == nil {
      guard let log = try? storage.writer(key), log.manifest == nil else { continue }
      list.add(WantedCore(key: key, role: .writer, download: .head(blocks: []), isActive: true))
    }
  }

  private func addFastForward(to list: inout WantedList) {
    guard let running = fastForwardState.running else { return }
    for (key, blocks) in running.missing.sorted(by: { $0.key < $1.key }) {
      let ranges = blocks.sorted().map { $0..<$0 + 1 }
      list.add(WantedCore(key: key, role: .fastForward, download: .head(blocks: ranges), isActive: true))
    }
  }

  /// All blocks, or those behind what was final already when the writer was opened after a fast-forward.
  private func download(of reader: WriterReader) -> WantedCore.Download {
    guard let log = (reader.source as? LoggedMessages)?.log, log.contiguousLength < reader.start else {
      return .everything
    }
    let signatures = reader.missingBlock.map { [$0..<$0 + 1] } ?? []
    return .head(blocks: signatures + [reader.start..<UInt64(1) << 53])
  }

  private func isWanted(_ reader: WriterReader) -> Bool {
    reader.window.indexer != nil || !reader.isIdle || reader.announcedLength > reader.source.length
      || reader.source.length == 0
  }

  /// Number of writers whose nodes are votes now.
  public var activeIndexerCount: Int { linearizer.consensus.indexers.count }

  /// Whether blocks of an indexer are stored that are not ordered yet.
  var isIndexerBehind: Bool {
    linearizer.consensus.indexers.contains { window in readers[window.key].map { !$0.isIdle } ?? false }
  }
}

/// Cores without repetition: what was listed first counts.
private struct WantedList {
  private(set) var cores: [WantedCore] = []
  private var keys: Set<Fixed32> = []

  mutating func add(_ core: WantedCore) { if keys.insert(core.key).inserted { cores.append(core) } }
}
