import CompactEncoding

extension Autobase {
  /// The cores to replicate, and how. May change with every call that advances the base; cores that are not listed
  /// need not be open.
  ///
  /// Writers are active while they are indexers or heads, were just added or announced, or have blocks that are not
  /// ordered yet; all of them are while they are few. Views are computed here, so they are only served.
  public var wantedCores: [WantedCore] {
    var list: [WantedCore] = []
    let readers = readers.all
    list.reserveCapacity(readers.count + userViews.count + 2)
    let areFew = readers.count <= options.activeWriters
    let headWriters = areFew ? [] : Set(linearizer.currentHeads.map { $0.key })
    for reader in readers {
      let isLocal = reader.key == local?.key
      let isActive = areFew || isLocal || isWanted(reader) || headWriters.contains(reader.key)
      list.append(
        WantedCore(key: reader.key, role: .writer, download: isLocal ? .nothing : .everything, isActive: isActive))
    }
    for view in allViews {
      list.append(WantedCore(key: view.key, role: .view(view.name), download: .nothing, isActive: true))
    }
    return list
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
