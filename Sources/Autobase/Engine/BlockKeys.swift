import CompactEncoding
import Hypercore
import HypercoreCrypto

/// How the blocks of a base's cores are encrypted (spec 03 §15). Encryption comes before hashing, so trees and
/// signatures do not change their rules.
///
/// ```
/// manifests below version 2, and the first `legacyBlocks` blocks of later views: one key for each core
///   writer   H( namespace("hypercore", 5) ‖ core key ‖ encryption key )
///   view     H( VIEW_BLOCK_KEY ‖ base key ‖ encryption key ‖ name )
/// manifests of version 2: keys by id; the id is the length of the view `_encryption`
///   view     H( VIEW_BLOCK_KEY ‖ base key ‖ entropy ‖ name )
///   writer   H( VIEW_BLOCK_KEY ‖ base key ‖ encryption key ‖ entropy ‖ namespace in the manifest, else core key )
/// ```
///
/// Entropy 0 is a constant, entropy k the payload of block k − 1 of `_encryption`, which itself is not encrypted.
final class BlockKeys {
  private let baseKey: Fixed32
  let encryptionKey: Fixed32?
  /// The entropies by id, as far as they are stored here.
  private var entropies: [UInt32: Fixed32] = [0: AutobaseNamespace.genesisEntropy]
  /// The id that new blocks get.
  private(set) var newest: UInt32 = 0

  init(baseKey: Fixed32, encryptionKey: Fixed32?) {
    self.baseKey = baseKey
    self.encryptionKey = encryptionKey
  }

  /// Reads the entropies again.
  ///
  /// - Returns: whether there are others than before.
  @discardableResult
  func update(_ encryption: View) throws -> Bool {
    try update(length: encryption.length) { try encryption.block(at: $0) }
  }

  /// The same from the blocks of the encryption view.
  @discardableResult
  func update(length: UInt64, _ block: (UInt64) throws -> [UInt8]) throws -> Bool {
    guard encryptionKey != nil, length != UInt64(newest) else { return false }
    newest = UInt32(clamping: length)
    entropies = [0: AutobaseNamespace.genesisEntropy]
    for index in 0..<length {
      do {
        let descriptor = try EncryptionDescriptor(decoding: block(index))
        guard descriptor.type == 0 else { continue }
        entropies[UInt32(index) + 1] = descriptor.payload.flatMap { Fixed32($0) }
      } catch LogError.blockNotAvailable {
        // Blocks that name it cannot be read here.
      }
    }
    return true
  }

  /// How the blocks of a view are encrypted; nil when they are not.
  func view(_ name: String, _ manifest: Manifest) -> (any BlockEncryption)? {
    guard let encryptionKey else { return nil }
    let name = Array(name.utf8)
    let legacy = DefaultEncryption(blockKey: blockKey([encryptionKey], name))
    guard manifest.version >= 2 else { return legacy }
    let data = manifest.userData.flatMap { try? ManifestData(decoding: $0) }
    let rotating = rotating { self.blockKey([$0], name) }
    return ForkedEncryption(legacyBlocks: data?.legacyBlocks ?? 0, legacy: legacy, rotating: rotating)
  }

  /// How the blocks of a writer are encrypted; nil when they are not.
  func writer(_ writer: Fixed32, _ manifest: Manifest?) -> (any BlockEncryption)? {
    guard let encryptionKey else { return nil }
    guard let manifest, manifest.version >= 2 else {
      return DefaultEncryption(encryptionKey: encryptionKey, coreKey: writer)
    }
    let data = manifest.userData.flatMap { try? ManifestData(decoding: $0) }
    return rotating { self.blockKey([encryptionKey, $0, data?.namespace ?? writer], []) }
  }

  /// The stored form of the only block of an anchor, whose manifest carries `data`. The pad's key depends on the block
  /// alone, since the core key is not known before the block is.
  func encryptAnchor(_ block: [UInt8], _ data: ManifestData) throws -> [UInt8] {
    guard let encryptionKey, let namespace = data.namespace else { return block }
    guard let entropy = entropies[newest] else { throw EncryptionError.missingKey(id: newest) }
    var hasher = Blake2b()
    hasher.update(AutobaseNamespace.hashKey)
    hasher.update([UInt8](repeating: 0, count: 8) + block)
    let blockKey = blockKey([encryptionKey, entropy, namespace], [])
    let key = RotatingEncryption.Key(id: newest, blockKey: blockKey, hashKey: hasher.finalize32())
    return try RotatingEncryption { _ in key }.encrypt(block, at: 0, fork: 0)
  }

  private func rotating(_ blockKey: (Fixed32) -> Fixed32) -> RotatingEncryption {
    var keys: [UInt32: RotatingEncryption.Key] = [:]
    for (id, entropy) in entropies {
      let key = blockKey(entropy)
      let hashKey = Blake2b.hash([AutobaseNamespace.hashKey.bytes, key.bytes])
      keys[id] = RotatingEncryption.Key(id: id, blockKey: key, hashKey: hashKey)
    }
    return RotatingEncryption { [keys, newest] id in keys[id ?? newest] }
  }

  private func blockKey(_ parts: [Fixed32], _ name: [UInt8]) -> Fixed32 {
    var hasher = Blake2b()
    hasher.update(AutobaseNamespace.viewBlockKey)
    hasher.update(baseKey)
    for part in parts { hasher.update(part) }
    hasher.update(name)
    return hasher.finalize32()
  }
}

/// The encryption of a view that began before the keys could change.
private struct ForkedEncryption: BlockEncryption {
  let legacyBlocks: UInt64
  let legacy: DefaultEncryption
  let rotating: RotatingEncryption

  var padding: Int { rotating.padding }

  func encrypt(_ block: [UInt8], at index: UInt64, fork: UInt64) throws(EncryptionError) -> [UInt8] {
    index < legacyBlocks
      ? legacy.encrypt(block, at: index, fork: fork) : try rotating.encrypt(block, at: index, fork: fork)
  }

  func decrypt(_ stored: [UInt8], at index: UInt64) throws(EncryptionError) -> [UInt8] {
    index < legacyBlocks ? try legacy.decrypt(stored, at: index) : try rotating.decrypt(stored, at: index)
  }
}
