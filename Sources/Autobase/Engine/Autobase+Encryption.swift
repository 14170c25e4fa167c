import CompactEncoding
import Hypercore
import HypercoreCrypto

/// How blocks are encrypted (spec 03 §15). Encryption comes before hashing, so trees and signatures do not change their
/// rules.
///
/// ```
/// views, and writers with manifests below version 2: one key for each core
///   writer   H( namespace("hypercore", 5) ‖ core key ‖ encryption key )
///   view     H( VIEW_BLOCK_KEY ‖ base key ‖ encryption key ‖ name )
/// writers with manifests of version 2 (anchors): keys that follow the base's entropy
///   H( VIEW_BLOCK_KEY ‖ base key ‖ encryption key ‖ entropy ‖ namespace in the manifest, else core key )
/// ```
extension Autobase {
  /// How the blocks of a view are encrypted; nil when they are not.
  func viewEncryption(_ name: String) -> (any BlockEncryption)? {
    guard let encryptionKey else { return nil }
    return DefaultEncryption(blockKey: blockKey([encryptionKey], Array(name.utf8)))
  }

  /// How the blocks of a writer are encrypted; nil when they are not.
  func writerEncryption(_ writer: Fixed32, _ manifest: Manifest?) -> (any BlockEncryption)? {
    guard let encryptionKey else { return nil }
    guard let manifest, manifest.version >= 2 else {
      return DefaultEncryption(encryptionKey: encryptionKey, coreKey: writer)
    }
    let key = genesisKey(of: writer, manifest, encryptionKey)
    return RotatingEncryption { id in id ?? 0 == 0 ? key : nil }
  }

  /// The stored form of the only block of an anchor, whose manifest carries `data`. The pad's key depends on the block
  /// alone, since the core key is not known before the block is.
  func encryptAnchor(_ block: [UInt8], _ data: ManifestData) throws -> [UInt8] {
    guard let encryptionKey, let namespace = data.namespace else { return block }
    var hasher = Blake2b()
    hasher.update(AutobaseNamespace.hashKey)
    hasher.update([UInt8](repeating: 0, count: 8) + block)
    let blockKey = blockKey([encryptionKey, AutobaseNamespace.genesisEntropy, namespace], [])
    let key = RotatingEncryption.Key(id: 0, blockKey: blockKey, hashKey: hasher.finalize32())
    return try RotatingEncryption { _ in key }.encrypt(block, at: 0, fork: 0)
  }

  private func genesisKey(
    of writer: Fixed32, _ manifest: Manifest, _ encryptionKey: Fixed32
  ) -> RotatingEncryption.Key {
    let data = manifest.userData.flatMap { try? ManifestData(decoding: $0) }
    let blockKey = blockKey([encryptionKey, AutobaseNamespace.genesisEntropy, data?.namespace ?? writer], [])
    let hashKey = Blake2b.hash([AutobaseNamespace.hashKey.bytes, blockKey.bytes])
    return RotatingEncryption.Key(id: 0, blockKey: blockKey, hashKey: hashKey)
  }

  private func blockKey(_ parts: [Fixed32], _ name: [UInt8]) -> Fixed32 {
    var hasher = Blake2b()
    hasher.update(AutobaseNamespace.viewBlockKey)
    hasher.update(key)
    for part in parts { hasher.update(part) }
    hasher.update(name)
    return hasher.finalize32()
  }
}
