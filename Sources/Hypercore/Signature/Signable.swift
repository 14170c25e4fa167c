public import CompactEncoding

/// The bytes that a signer of a log signs (spec 01 §4.3).
///
/// ```
/// [TREE(32) ‖ [context(32)]] ‖ treeHash(32) ‖ u64le(length) ‖ u64le(fork)
/// ```
///
/// 112 bytes with a context, 80 without, 48 without the leading constant. The fork is part of all of them, so a
/// truncation that changes nothing else needs a new signature.
public enum Signable: Hashable, Sendable {
  /// Versions 1 and 2: the context is the core key, which covers the whole manifest.
  case core(Fixed32)
  /// Version 0: the context is the signer's namespace.
  case signer(namespace: Fixed32)
  /// The core key is the only signer's public key: no context.
  case compat
  /// As compat, without the leading constant.
  case legacy

  /// The bytes for a tree.
  public func bytes(treeHash: Fixed32, length: UInt64, fork: UInt64) -> [UInt8] {
    let context: Fixed32? =
      switch self {
      case .core(let key): key
      case .signer(let namespace): namespace
      case .compat, .legacy: nil
      }
    let count = (self == .legacy ? 0 : 32) + (context == nil ? 0 : 32) + 48
    return Writer.bytes(count: count) { writer in
      if self != .legacy { writer.fixed32(CoreNamespace.tree) }
      if let context { writer.fixed32(context) }
      writer.fixed32(treeHash)
      writer.uint64(length)
      writer.uint64(fork)
    }
  }

  /// The bytes for a tree.
  public func bytes(for tree: MerkleTree) -> [UInt8] {
    bytes(treeHash: tree.hash, length: tree.length, fork: tree.fork)
  }
}
