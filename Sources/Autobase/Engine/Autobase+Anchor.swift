import CompactEncoding
import Hypercore
import HypercoreCrypto

extension Autobase {
  /// Makes the core that pins a position of the graph, and adds it as a member: every node makes the same one
  /// (spec 03 §11.5).
  func createAnchor(at head: Checkout) throws -> Checkout {
    var hasher = Blake2b()
    hasher.update(head.key)
    hasher.update(head.length)
    let data = ManifestData(namespace: hasher.finalize32())
    let block = try keys.encryptAnchor(OplogMessage(heads: [head], value: nil).encoded(), data)
    var batch = MerkleBatch(MerkleTree())
    batch.append(block)
    let manifest = Manifest(
      version: 2, quorum: 0, signers: [], prologue: Manifest.Prologue(hash: batch.tree.hash, length: 1),
      userData: data.encoded())
    try storage.storeStatic(manifest, blocks: [block])
    let key = manifest.key
    try system.add(key, isIndexer: false)
    return Checkout(key: key, length: 1)
  }
}
