public import CompactEncoding
public import Hypercore

/// One view of a base as `apply` and readers see it: the signed blocks and the unsigned tip of its present core, and
/// above them what was applied since the last flush.
///
/// The object stays the same when the indexers change and the view moves to a core with another key, so that caches
/// over it stay valid. Outside `apply` it is read-only.
public final class View: AppendableLog {
  /// The name it was opened with.
  public let name: String
  /// The core below.
  private(set) var storage: any ViewStorage
  /// Its place in the system's list of views; nil while it is empty.
  var mappedIndex: Int?
  /// The key that the system lists for it: that of its present core, or of the next one once a node that changes the
  /// indexers is applied.
  var systemKey: Fixed32
  /// Whether the engine, or `apply` in its name, may write.
  var isOpenForWriting = false
  /// Changes with every truncation.
  public private(set) var fork: UInt64 = 0

  /// What the stored core looked like when it was last read or written here.
  private var storedLength: UInt64
  private var storedSignedLength: UInt64
  /// Blocks that somebody wanted to read and that were not stored.
  private var unread: Set<UInt64> = []
  /// Those that the engine could not read when it last tried to go on.
  private(set) var needed: Set<UInt64> = []
  /// Whether the engine is trying.
  var isWorking = false
  private var kept: UInt64
  private var blocks: [[UInt8]] = []
  private var batch: MerkleBatch
  private var signed: (tree: MerkleTree, signature: [UInt8])?
  private let keys: BlockKeys?
  private var cipher: (any BlockEncryption)?

  /// - Parameter keys: how blocks are encrypted; nil for the view that keys are read from.
  init(name: String, storage: any ViewStorage, keys: BlockKeys? = nil) throws {
    self.name = name
    self.storage = storage
    self.keys = keys
    cipher = keys?.view(name, storage.manifest)
    systemKey = storage.key
    kept = storage.length
    storedLength = kept
    storedSignedLength = storage.signedLength
    batch = MerkleBatch(try storage.tree())
  }

  /// The present core's key. It changes with the set of indexers.
  public var key: Fixed32 { storage.key }
  /// The present core's manifest.
  public var manifest: Manifest { storage.manifest }
  /// Whether two conflicting signatures of the core were seen, after which it takes no more data.
  var hasConflict: Bool { storage.hasConflict }
  /// Number of blocks, the unsigned tip included.
  public var length: UInt64 { kept + UInt64(blocks.count) }
  /// Number of blocks that a quorum of indexers signed, or that are fixed by the prologue.
  public var signedLength: UInt64 { signed?.tree.length ?? storedSignedLength }

  /// The hash of the tree over all blocks, the unsigned tip included: two views with the same hash and length hold the
  /// same.
  public var treeHash: Fixed32 { batch.tree.hash }

  public func block(at index: UInt64) throws -> [UInt8] {
    let stored = try storedBlock(at: index)
    return try cipher?.decrypt(stored, at: index) ?? stored
  }

  private func storedBlock(at index: UInt64) throws -> [UInt8] {
    if index < kept {
      do { return try storage.block(at: index) } catch LogError.blockNotAvailable(let index, let length) {
        if unread.count < Self.maximumUnread { unread.insert(index) }
        if isWorking { needed.insert(index) }
        throw LogError.blockNotAvailable(index: index, length: length)
      }
    }
    guard index < length else { throw LogError.blockNotAvailable(index: index, length: length) }
    return blocks[Int(index - kept)]
  }

  @discardableResult
  public func append(_ new: [[UInt8]]) throws -> UInt64 {
    guard isOpenForWriting else { throw AutobaseError.viewNotWritable(name) }
    for block in new {
      let stored = try cipher?.encrypt(block, at: length, fork: 0) ?? block
      blocks.append(stored)
      batch.append(stored)
    }
    return length
  }

  /// Drops the blocks from `length` on. The engine does it when the order of nodes changes; `apply` has no need to.
  public func truncate(to length: UInt64) throws {
    guard isOpenForWriting else { throw AutobaseError.viewNotWritable(name) }
    guard length >= min(signedLength, self.length) else {
      throw AutobaseError.truncationOfSignedBlocks(name, to: length, signed: signedLength)
    }
    try rewind(to: length)
  }

  /// Drops the blocks from `length` on, signed ones too: only before the view moves to another core.
  func rewind(to length: UInt64) throws {
    guard length < self.length else { return }
    let reader = try nodeReader()
    if length >= kept {
      blocks.removeSubrange(Int(length - kept)...)
    } else {
      blocks.removeAll()
      kept = length
    }
    try batch.truncate(to: length, fork: 0, from: reader)
    fork += 1
  }

  /// Runs `body` in one read transaction of the store.
  public func reading<R>(_ body: () throws -> R) throws -> R { try storage.reading(body) }

  public func snapshot() throws -> any ReadableLog {
    ViewSnapshot(try storage.snapshot(), kept: kept, blocks: blocks, fork: fork, cipher: cipher)
  }
}

// MARK: Missing blocks

extension View {
  private static let maximumUnread = 1024

  /// Whether a block that the engine needs is still not stored.
  var isWaiting: Bool { needed.contains { (try? storage.block(at: $0)) == nil } }

  /// The engine tries again, or does without.
  func clearNeeded() { needed.removeAll() }

  /// What to download, what was to be read first.
  func missingBlocks(all: Bool) -> [Range<UInt64>] {
    unread = unread.filter { $0 < length && (try? storage.block(at: $0)) == nil }
    let ranges = unread.sorted().map { $0..<$0 + 1 }
    guard all, let rest = storage.missingRange else { return ranges }
    return ranges + [rest]
  }
}

// MARK: Trees

extension View {
  /// The tree over the first `length` blocks.
  func tree(at length: UInt64) throws -> MerkleTree {
    if length == self.length { return batch.tree }
    return try MerkleTree(length: length, fork: 0, from: nodeReader())
  }

  /// The stored nodes under those of the blocks not flushed yet.
  func nodeReader() throws -> some NodeReader {
    LayeredNodes(upper: NodeTable(batch.tree.roots + batch.nodes), lower: storage)
  }
}

private struct LayeredNodes: NodeReader {
  let upper: NodeTable
  let lower: any ViewStorage

  func node(at index: UInt64) throws -> TreeNode? { try upper.node(at: index) ?? lower.node(at: index) }
}

// MARK: Flushing

extension View {
  /// Whether there is something to store.
  var isChanged: Bool { !blocks.isEmpty || kept != storedLength || signed != nil }

  /// Notes an assembled signature, stored by the next flush.
  func commit(_ tree: MerkleTree, signature: [UInt8]) { signed = (tree, signature) }

  /// Stores all changes, inside a transaction.
  func flush() throws {
    guard isChanged else { return }
    try storage.write(
      ViewChange(keptLength: kept, blocks: blocks, batch: batch, signed: signed))
    kept += UInt64(blocks.count)
    storedLength = kept
    storedSignedLength = storage.signedLength
    blocks.removeAll(keepingCapacity: true)
    batch = MerkleBatch(batch.tree)
    signed = nil
  }

  /// Whether somebody else has written the stored core.
  var isStale: Bool { storage.length != storedLength || storage.signedLength != storedSignedLength }

  /// Starts again from what is stored in `storage`, dropping what was not flushed.
  ///
  /// - Parameter length: how much of it is applied, as far as it is there.
  func reload(_ storage: any ViewStorage, length: UInt64) throws {
    storage.show(length)
    self.storage = storage
    systemKey = storage.key
    cipher = keys?.view(name, storage.manifest)
    mappedIndex = nil
    blocks.removeAll()
    signed = nil
    batch = MerkleBatch(try storage.tree())
    kept = storage.length
    storedLength = kept
    storedSignedLength = storage.signedLength
    fork += 1
  }

  /// Goes on over another core that holds the same blocks.
  func move(to storage: any ViewStorage) {
    precondition(!isChanged && storage.length == length, "a view moves between flushes, to a core of its length")
    self.storage = storage
    systemKey = storage.key
    cipher = keys?.view(name, storage.manifest)
    storedSignedLength = storage.signedLength
  }

  /// Takes note of keys that have come up.
  func updateKeys() { cipher = keys?.view(name, storage.manifest) }
}

/// A view as it was at one moment.
private final class ViewSnapshot: ReadableLog {
  private let stored: any ReadableLog
  private let kept: UInt64
  private let blocks: [[UInt8]]
  private let cipher: (any BlockEncryption)?
  let fork: UInt64

  init(
    _ stored: any ReadableLog, kept: UInt64, blocks: [[UInt8]], fork: UInt64, cipher: (any BlockEncryption)?
  ) {
    self.stored = stored
    self.kept = kept
    self.blocks = blocks
    self.fork = fork
    self.cipher = cipher
  }

  var length: UInt64 { kept + UInt64(blocks.count) }

  func block(at index: UInt64) throws -> [UInt8] {
    guard index < length else { throw LogError.blockNotAvailable(index: index, length: length) }
    let block = index < kept ? try stored.block(at: index) : blocks[Int(index - kept)]
    return try cipher?.decrypt(block, at: index) ?? block
  }

  func reading<R>(_ body: () throws -> R) throws -> R { try stored.reading(body) }
  func snapshot() throws -> any ReadableLog { self }
}
