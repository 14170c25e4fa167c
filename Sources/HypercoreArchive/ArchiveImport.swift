public import Corestore
internal import Hypercore
internal import Pipelines

/// Takes an archive into a store: all of it or nothing, while it is read for the only time.
///
/// A log that is not in the store comes in as it is. One that is there grows when the archive has more of it and begins
/// with what is there; blocks that were left out here are filled in. Nothing is ever taken away.
///
/// Sections are read and checked on a thread of their own, while the ones before them are stored.
public struct ArchiveImport {
  /// What became of a log.
  public struct Outcome: Sendable {
    /// The log in the archive.
    public let head: ArchivedHead
    /// Number of blocks that the store had, or nil when it did not have the log.
    public let lengthBefore: UInt64?
    /// Number of blocks that were stored.
    public internal(set) var blocks: UInt64 = 0

    /// The length afterwards.
    public var length: UInt64 { max(lengthBefore ?? 0, head.tree.length) }
  }

  /// Undoes what was done.
  private struct DryRun: Error {}

  private let store: Corestore
  private var outcomes: [Outcome] = []
  private var current: Entry?

  /// A log that is being taken in.
  private struct Entry {
    let head: ArchivedHead
    let log: Hypercore
    /// Blocks that the store has, or has left out.
    let start: UInt64
    /// Whether blocks below `start` are missing and the archive may have them.
    let fills: Bool
  }

  private init(_ store: Corestore) { self.store = store }

  /// Reads an archive to its end, as one transaction.
  ///
  /// - Parameters:
  ///   - isDryRun: whether the transaction is undone at its end.
  ///   - onBlocks: told the number of blocks and bytes of each section.
  ///   - finish: what else belongs into the transaction.
  /// - Throws: ``ArchiveError``, `SessionError.frozen`, or what the store, the reader's source and `finish` throw.
  public static func run(
    _ reader: ArchiveReader, into store: Corestore, isDryRun: Bool = false,
    onBlocks: (_ blocks: Int, _ bytes: Int) -> Void = { _, _ in }, finish: ([Outcome]) throws -> Void = { _ in }
  ) throws -> [Outcome] {
    var outcomes: [Outcome] = []
    let items = ReadAhead { try reader.next() }
    do {
      try store.writeInBulk {
        var job = ArchiveImport(store)
        while let item = try items.next() {
          switch item {
          case .log(let head): try job.begin(head)
          case .blocks(let section, let nodes):
            try job.take(section, nodes)
            onBlocks(section.blocks.count, section.blocks.reduce(0) { $0 + $1.count })
          }
        }
        try job.finishLog()
        outcomes = job.outcomes
        try finish(outcomes)
        if isDryRun { throw DryRun() }
      }
    } catch is DryRun {}
    return outcomes
  }

  private mutating func begin(_ head: ArchivedHead) throws {
    try finishLog()
    let known = try store.has(key: head.key)
    let log = try store.get(key: head.key, manifest: head.manifest, keyPair: nil)
    if log.isFrozen { throw SessionError.frozen }
    let here = ArchiveError.State(length: log.length, fork: log.fork)
    outcomes.append(Outcome(head: head, lengthBefore: known ? here.length : nil))
    guard here.fork == head.tree.fork || here.length == 0 && here.fork < head.tree.fork else {
      throw ArchiveError.otherFork(key: head.key, here: here, archived: head.state)
    }
    let shared = min(here.length, head.tree.length)
    if shared > 0, shared == head.tree.length {
      try told(head, here) {
        guard try log.treeHash(at: shared) == head.tree.hash else { throw MerkleError.treeModified }
      }
    }
    current = Entry(head: head, log: log, start: here.length, fills: try !log.has(0..<shared))
  }

  private mutating func take(_ section: BlockSection, _ computed: [TreeNode]) throws {
    guard let entry = current else { return }
    let range = section.range
    // An archive that leaves blocks out may have nodes over the new ones beside old ones.
    guard range.upperBound > entry.start || entry.fills || !entry.head.isComplete else { return }
    var blocks: [StoredBlock] = []
    blocks.reserveCapacity(section.blocks.count)
    for (index, block) in zip(range, section.blocks) {
      if index < entry.start, try !entry.fills || entry.log.has(index) { continue }
      blocks.append(StoredBlock(index: index, bytes: block))
    }
    var nodes = computed
    if !entry.head.isComplete || entry.fills {
      nodes += section.proof
    } else {
      // The sections that follow have the nodes that reach over them. Storing them now would leave gaps in the table.
      nodes.removeAll { !(entry.start..<range.upperBound).contains(FlatTree.rightSpan($0.index) / 2) }
    }
    // Those over blocks that are here are known, or are not asked for.
    if !entry.fills { nodes.removeAll { FlatTree.rightSpan($0.index) / 2 < entry.start } }
    try entry.log.store(proven: blocks, nodes: nodes)
    outcomes[outcomes.count - 1].blocks += UInt64(blocks.count)
  }

  private mutating func finishLog() throws {
    guard let entry = current else { return }
    current = nil
    let tree = entry.head.tree
    guard tree.length > entry.start || tree.fork != entry.log.fork || entry.fills else { return }
    let here = ArchiveError.State(length: entry.start, fork: entry.log.fork)
    try told(entry.head, here) { try entry.log.adopt(tree, signature: entry.head.signature) }
  }

  /// Says what it means when trees do not fit together.
  private func told(_ head: ArchivedHead, _ here: ArchiveError.State, _ body: () throws -> Void) throws {
    do { try body() } catch let error as MerkleError {
      switch error {
      case .treeModified, .checksumMismatch:
        throw ArchiveError.conflict(key: head.key, here: here, archived: head.state)
      case .missingNode: throw ArchiveError.unclear(key: head.key, here: here, archived: head.state)
      default: throw error
      }
    }
  }
}
