internal import CompactEncoding

/// What replication needs of a log's default state: cheap ways to see what changed, and many blocks at once.
extension Hypercore {
  /// Differs from every earlier value when a commit may have changed the core or its default state, by whomever.
  public struct ContentVersion: Hashable, Sendable {
    let generation: UInt64
    let changes: UInt64

    /// Whether nothing but commits of other processes, to whatever log, lies between two versions.
    public func differsByOthersOnly(from other: ContentVersion) -> Bool { changes == other.changes }
  }

  /// What of the default state may have changed; to be read inside a transaction.
  public func contentVersion() throws -> ContentVersion {
    let main = try mainState
    return ContentVersion(generation: context.generation, changes: main.changeCount &+ core.changeCount)
  }

  /// A session of its own on the default state, that reads only: to be told of its events.
  public func observer() throws -> Hypercore {
    guard !isClosed else { throw SessionError.noSessionOnClosedCore }
    return try read("observe") { _ in
      Hypercore(core: core, state: try mainState, keyPair: nil, isReadOnly: true, encryption: encryption)
    }
  }

  /// Which of 64 · `wordCount` blocks from `start`, a multiple of 64, are stored: bit i of word w stands for block
  /// start + 64·w + i.
  public func storedBlockWords(from start: UInt64, wordCount: Int) throws -> [UInt64] {
    try read("has") { _ in
      let main = try mainState
      var words = [UInt64](repeating: 0, count: wordCount)
      let range = start..<min(main.length, start &+ 64 * UInt64(wordCount))
      guard start < range.upperBound else { return words }
      for index in try context.storage.blockIndexes(range, in: main.id, limit: .max) {
        words[Int((index - start) >> 6)] |= 1 << ((index - start) & 63)
      }
      return words
    }
  }

  /// Where a byte offset lies, as far as the stored nodes tell.
  public func seekResult(bytes: UInt64) throws -> MerkleTree.SeekResult {
    guard bytes <= maximumSafeInteger else { throw SessionError.invalidSeek }
    return try read("seek") { _ in
      let main = try mainState
      return try main.tree.seek(bytes: bytes, padding: UInt64(padding), in: main)
    }
  }

  /// Whether all roots of the first `length` blocks are stored, so that an upgrade from there can be proven.
  public func hasRoots(of length: UInt64) throws -> Bool {
    try read("prove") { _ in
      let main = try mainState
      guard length <= main.length else { return false }
      for root in FlatTree.Roots(from: 0, to: length) where try main.node(at: root) == nil { return false }
      return true
    }
  }

  /// Stores blocks and nodes that were proven.
  func store(_ blocks: [StoredBlock], nodes: [TreeNode]) throws {
    try write("apply") {
      if core.record.isFrozen { throw SessionError.frozen }
      try mainState.store(blocks, nodes: nodes)
    }
  }
}

extension LogState {
  /// Stores proven blocks of the present tree, and nodes above them.
  func store(_ blocks: [StoredBlock], nodes: [TreeNode]) throws {
    context.touch(self)
    try storage.putEntries(blocks, nodes: nodes, in: id)
    guard area.name == nil, blocks.contains(where: { $0.index == area.contiguousLength }) else { return }
    area.contiguousLength = try storage.firstMissingBlock(from: area.contiguousLength, in: id)
  }
}
