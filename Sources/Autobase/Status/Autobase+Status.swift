import CompactEncoding
import Hypercore

extension Autobase {
  /// Where the base stands, and what it waits for.
  public func status() throws -> AutobaseStatus {
    // What is missing for it is an obstacle that the status tells.
    do { try refresh() } catch LogError.blockNotAvailable where !missingBlocks.isEmpty {}
    try readSources()
    let votes = openVotes()
    return AutobaseStatus(
      key: key, localKey: local?.key, isEncrypted: encryptionKey != nil, isWritable: isWritable, isIndexer: isIndexer,
      info: info, indexers: linearizer.consensus.indexers.map { $0.key }, majority: linearizer.consensus.majority,
      heads: linearizer.currentHeads, views: allViews.map { status(of: $0) },
      writers: try readers.all.map { try status(of: $0) }, votes: votes, polls: openPolls(),
      tipLength: linearizer.tipNodes.count,
      wait: wait(), obstacle: obstacle)
  }

  /// The record of a writer; nil when there is none, or when it is not stored here after a fast-forward: to be asked for
  /// the status is no reason to fetch it.
  private func knownMember(_ key: Fixed32) throws -> Member? {
    do { return try system.get(key) } catch LogError.blockNotAvailable { return nil }
  }

  private func status(of view: View) -> AutobaseStatus.View {
    let indexed: UInt64
    if view === system.view {
      indexed = indexedLength
    } else if view === encryption {
      indexed = indexedInfo.encryptionLength
    } else if let index = view.mappedIndex, index < indexedInfo.views.count {
      indexed = indexedInfo.views[index].length
    } else {
      indexed = 0
    }
    return AutobaseStatus.View(
      name: view.name, key: view.key, length: view.length, indexedLength: indexed, signedLength: view.signedLength,
      hasConflict: view.hasConflict)
  }

  private func status(of reader: WriterReader) throws -> AutobaseStatus.Writer {
    let source = sources.first { $0.key == reader.key }
    let newest = reader.window.node(reader.window.length)
    let isIndexedHead = linearizer.initialHeads.contains { $0.key == reader.key && $0.length == reader.window.length }
    let ahead = try reader.lookAhead { node in
      guard let other = readers[node.key] else { return try storage.isStored(node.key) }
      return max(other.source.length, other.window.length) >= node.length
    }
    return AutobaseStatus.Writer(
      key: reader.key, isLocal: reader.key == local?.key, member: try knownMember(reader.key),
      isActiveIndexer: reader.window.indexer != nil, isPendingIndexer: info.pendingIndexers.contains(reader.key),
      length: reader.source.length, announcedLength: reader.announcedLength, heads: heads(of: reader, newest),
      orderedLength: reader.window.length, indexedLength: reader.window.offset,
      isHead: newest?.isHead ?? isIndexedHead, missing: ahead.missing, isFrozen: ahead.isFrozen,
      hasConflict: (reader.source as? LoggedMessages)?.log.hasConflict ?? false,
      signedSystemLength: source?.signedLength, systemKey: source?.state.digest?.value)
  }

  /// What a writer's newest node refers to; that node is in memory, or in its log.
  private func heads(of reader: WriterReader, _ newest: Node?) -> [Checkout] {
    if let newest { return newest.heads }
    let length = reader.window.length
    guard length > 0, length <= reader.source.length else { return [] }
    return (try? reader.source.message(length))?.heads ?? []
  }

  private func openPolls() -> [Poll] {
    let consensus = linearizer.consensus
    let tails = consensus.indexerTails()
    let merges = consensus.voted.filter { merge in !tails.contains { $0 === merge } }
    return (tails + merges).map { Poll($0, consensus) }
  }

  private func openVotes() -> [AutobaseStatus.Vote] {
    let consensus = linearizer.consensus
    return consensus.indexerTails().map { tail in
      let votes = consensus.acknowledgements(tail).map { $0.writer.key }
      return AutobaseStatus.Vote(
        node: Checkout(key: tail.writer.key, length: tail.length), votes: votes,
        missing: consensus.indexers.map { $0.key }.filter { !votes.contains($0) })
    }
  }

  /// Acknowledgements that nothing open follows need neither votes nor signatures: a base at rest ends with some.
  private func wait() -> AutobaseStatus.Wait {
    if info.members == 0 { return .firstNode }
    let consensus = linearizer.consensus
    let active = consensus.indexers.map { $0.key }
    if linearizer.tip.valueCount > 0 || info.indexers.map({ $0.key }) != active {
      return nextDecision()
    }
    if signedLength < indexedLength, userViews.contains(where: { $0.signedLength < $0.length }) {
      let quorum = Int(clamping: system.view.manifest.quorum)
      let late = sources.filter { $0.signedLength <= signedLength || $0.state.digest?.value != system.view.key }
      let signed = sources.count - late.count
      if signed < quorum { return .signatures(from: late.map { $0.key }, needed: quorum - signed) }
    }
    if let next = quorumSources()?.map({ $0.signedLength }).min(), next > indexedLength {
      return .indexing(length: next)
    }
    return .nothing
  }

  /// What the next node to become final lacks: of the oldest open nodes the one that is nearest to it or, when none of
  /// them can become so by itself, a merge of their branches.
  private func nextDecision() -> AutobaseStatus.Wait {
    let consensus = linearizer.consensus
    func nearest(_ nodes: [Node]) -> Poll? { Poll.closest(nodes.map { Poll($0, consensus) }.filter(\.isOpen)) }
    let poll = nearest(consensus.indexerTails()) ?? nearest(linearizer.tipNodes.filter { $0.merge != nil })
    switch poll?.wait {
    case .votes(_, let keys, let needed), .quorum(_, let keys, let needed): return .votes(from: keys, needed: needed)
    case .link, .merge, nil: return .indexerNode(from: consensus.indexers.map { $0.key })
    }
  }
}
