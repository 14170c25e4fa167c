public import CompactEncoding
public import Hypercore

/// Where one view core rests: its signed part, and the unsigned tip behind it.
///
/// Called by the engine inside a transaction of its ``BaseStorage``.
public protocol ViewStorage: AnyObject, NodeReader {
  /// The core key.
  var key: Fixed32 { get }
  /// The manifest the key is the hash of.
  var manifest: Manifest { get }
  /// Number of blocks that are applied, the unsigned tip included.
  var length: UInt64 { get }
  /// Number of blocks that are applied, and signed or fixed by the prologue.
  var signedLength: UInt64 { get }
  /// Blocks that are applied and not all stored, after a fast-forward.
  var missingRange: Range<UInt64>? { get }
  /// Whether two conflicting signatures of the core were seen, after which it takes no more data.
  var hasConflict: Bool { get }
  /// Whether somebody else has changed what is applied, in a way that the lengths do not show.
  var isStale: Bool { get }
  /// Says how much is applied while nothing is stored beside the signed log, which may be ahead.
  func show(_ length: UInt64)
  /// Drops what is stored beside the signed log, and makes the first `length` blocks of that what is applied.
  func reset(to length: UInt64) throws
  /// The assembled signature of the signed part; nil when there is none, or the prologue stands for it.
  func signature() throws -> [UInt8]?
  /// The stored block at `index`.
  func block(at index: UInt64) throws -> [UInt8]
  /// The tree at ``length``, with fork 0.
  func tree() throws -> MerkleTree
  /// Runs `body` with every read seeing the same state.
  func reading<R>(_ body: () throws -> R) throws -> R
  /// The signed part of the core, as far as it is known here: it may be longer than what is applied, and blocks may be
  /// missing.
  var signedLog: any ReadableLog { get }
  /// The log as it is now, unaffected by later changes.
  func snapshot() throws -> any ReadableLog
  /// A small local value, never sent to anyone.
  func userData(_ key: String) throws -> [UInt8]?
  /// Sets or, with nil, removes a small local value.
  func setUserData(_ key: String, _ value: [UInt8]?) throws
  /// Takes blocks that are missing at the start that the manifest fixes, if `other` has the same start.
  func fillPrologue(from other: any ViewStorage) throws
  /// Stores a change.
  func write(_ change: ViewChange) throws
}

extension ViewStorage {
  /// Notes which view of which base the core holds.
  func remember(name: String, of base: Fixed32) throws {
    if try userData(UserDataKey.referrer) != base.bytes { try setUserData(UserDataKey.referrer, base.bytes) }
    if try userData(UserDataKey.view) != Array(name.utf8) { try setUserData(UserDataKey.view, Array(name.utf8)) }
  }
}

/// What a flush changes in a view core.
public struct ViewChange: Sendable {
  /// Blocks that stay; what lies behind them is dropped. Less than the signed length only when the view moves to
  /// another core next.
  public var keptLength: UInt64
  /// Blocks that follow, as stored.
  public var blocks: [[UInt8]]
  /// The change of the tree: its new nodes, and the tree afterwards.
  public var batch: MerkleBatch
  /// The new signed part, when it grows: its tree and the assembled signature.
  public var signed: (tree: MerkleTree, signature: [UInt8])?

  /// A change.
  public init(
    keptLength: UInt64, blocks: [[UInt8]], batch: MerkleBatch, signed: (tree: MerkleTree, signature: [UInt8])? = nil
  ) {
    self.keptLength = keptLength
    self.blocks = blocks
    self.batch = batch
    self.signed = signed
  }
}

extension ViewStorage {
  /// Nobody else can sign a core that is in memory only.
  public var hasConflict: Bool { false }
}
