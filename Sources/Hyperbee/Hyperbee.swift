/// # Hyperbee
///
/// An append-only B-tree in one log: a sorted map from byte keys to byte values of which every earlier version can
/// still be read. Block 0 is a header. Every later block is one put or delete: its key, its value, and the tree nodes
/// that it rewrote. The first node of the newest block is the root.
///
/// ## Blocks
///
/// Protocol buffers; fields ascend, unknown fields are skipped by their wire type.
///
/// ```
/// Header    1 (0a) string protocol = "hyperbee"     required
///           2 (12) message Metadata                 omitted when none was given
/// Metadata  1 (0a) bytes contentFeed, 2 (12) bytes userData, each optional
/// Node      1 (0a) bytes index                      required: an encoded Index, may be empty
///           2 (12) bytes key                        required, may be empty
///           3 (1a) bytes value                      absent for "no value"
/// Index     1 (0a) message Level                    repeated
/// Level     1 (0a) packed varints keys              omitted when empty
///           2 (12) packed varints children          omitted when empty
/// ```
///
/// A level is a tree node: `keys` are the sequence numbers (block indexes) of the blocks that hold its keys,
/// `children` a flat list of pairs (sequence, offset) naming level `offset` of block `sequence`. Level 0 is the root
/// only in the last block of an append, so a version (a log length) can be read only where an append ended.
///
/// ## Tree
///
/// A node other than the root has 4 to 8 keys; an inner node has one child more than keys. Keys are ordered by
/// unsigned bytes, a shorter key first. A node that reaches 9 keys is split at once: 4 stay, the fifth moves up, 4 go
/// right. A delete from an inner node takes the nearest key of the fuller neighbouring leaf (of the left one on
/// ties). A node that falls below 4 keys borrows from its left neighbour, else from its right one, else is merged with
/// the left one, else with the right one. See ``Batch`` for the order in which nodes are numbered, which decides the
/// bytes.
///
/// A block is a deletion when it has no value and its own sequence occurs in none of its levels.
///
/// ## Reading
///
/// Reading is synchronous. A block that is not stored here surfaces as `LogError.blockNotAvailable`; fetch it and
/// call again. Blocks may come from anybody: every length is checked, a walk is bounded by the height a tree can
/// have, and an iteration by the number of blocks.
///
/// Source: spec 04 §3.

public import Hypercore

/// A sorted map in a log. See the module's head comment for the format.
///
/// An instance belongs to one driver at a time: it has no locks.
public final class Hyperbee {
  /// The log below. Reads of a snapshot go to a snapshot of the log.
  public let log: any ReadableLog
  /// What the instance does on writing.
  public let options: Options
  /// The bytes in front of every key of this instance: empty but for a ``sub(_:separator:)``.
  public let prefix: [UInt8]
  /// The version this instance is fixed at, nil when it follows the log.
  public let fixedVersion: UInt64?

  let cache: NodeCache
  let live: LiveTree
  let isMain: Bool

  /// A bee over `log`, which may be empty. Nothing is read or written yet.
  public convenience init(_ log: any ReadableLog, options: Options = Options()) {
    self.init(
      log, options: options, prefix: [], fixedVersion: nil, cache: NodeCache(capacity: options.cachedNodes),
      live: LiveTree(capacity: options.cachedNodes), isMain: true)
  }

  init(
    _ log: any ReadableLog, options: Options, prefix: [UInt8], fixedVersion: UInt64?, cache: NodeCache, live: LiveTree,
    isMain: Bool
  ) {
    self.log = log
    self.options = options
    self.prefix = prefix
    self.fixedVersion = fixedVersion
    self.cache = cache
    self.live = live
    self.isMain = isMain
  }

  /// The number of blocks that reads see; 1 when the bee is empty.
  public var version: UInt64 { max(1, fixedVersion ?? log.length) }

  /// Counts truncations of the log.
  public var fork: UInt64 { log.fork }

  /// Grows whenever blocks of the log may have been replaced.
  public var epoch: UInt64 { log.epoch }

  /// Whether ``put(_:_:when:)`` and ``delete(_:when:)`` are allowed.
  public var isWritable: Bool { log is any AppendableLog && !options.isReadOnly && fixedVersion == nil }

  /// The tree as this instance sees it now.
  var tree: Tree { Tree(log: log, version: version, epoch: log.epoch, cache: cache) }
}

extension Hyperbee {
  /// Settings of an instance.
  public struct Options: Sendable {
    /// Written into the header by the first operation.
    public var metadata: Header.Metadata?
    /// Whether a put of the value a key already has appends a block.
    public var alwaysDuplicate: Bool
    /// Whether writing is refused.
    public var isReadOnly: Bool
    /// Most tree nodes kept decoded, twice: for lookups and writing, and for ranges. About 1.5 KiB a node.
    public var cachedNodes: Int

    /// The defaults of the reference.
    public init(
      metadata: Header.Metadata? = nil, alwaysDuplicate: Bool = true, isReadOnly: Bool = false,
      cachedNodes: Int = 4096
    ) {
      self.metadata = metadata
      self.alwaysDuplicate = alwaysDuplicate
      self.isReadOnly = isReadOnly
      self.cachedNodes = cachedNodes
    }
  }

  /// A key with its value and the block that wrote it.
  public struct Entry: Sendable, Hashable {
    /// Index of the block.
    public var sequence: UInt64
    /// The key, without the prefix of a sub.
    public var key: [UInt8]
    /// The value; nil for "no value", which is not the same as an empty one.
    public var value: [UInt8]?

    /// An entry.
    public init(sequence: UInt64, key: [UInt8], value: [UInt8]?) {
      self.sequence = sequence
      self.key = key
      self.value = value
    }
  }
}
