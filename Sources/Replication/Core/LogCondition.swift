import Hypercore

/// A log as it was seen at one moment.
struct LogCondition {
  var tree = MerkleTree()
  var contiguousLength: UInt64 = 0
  var knowsManifest = false
  var isCompat = false
  /// Number of blocks that the manifest fixes.
  var prologueLength: UInt64 = 0
  var isFrozen = false
  var version: Hypercore.ContentVersion?

  var length: UInt64 { tree.length }
  var fork: UInt64 { tree.fork }
  /// Whether everything but the version is the same.
  func hasSameHead(as other: LogCondition) -> Bool {
    tree == other.tree && contiguousLength == other.contiguousLength && knowsManifest == other.knowsManifest
      && isFrozen == other.isFrozen
  }

  /// The manifest can be sent.
  var hasManifest: Bool { knowsManifest && !isCompat }
}

/// What others truncated and cleared. An object of its own, so that nobody refers to a replicator weakly, which would make
/// every use of it slower.
final class OutsideChanges {
  /// The shortest length that the log had meanwhile.
  var cut: UInt64?
  /// Blocks that were cleared.
  var clears: [Range<UInt64>] = []
}
