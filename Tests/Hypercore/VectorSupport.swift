import CompactEncoding
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport

/// The block rule of the vectors: "block-<i>" repeated (i mod 4) + 1 times, block 13 empty.
func vectorBlock(_ index: UInt64) -> [UInt8] {
  index == 13 ? [] : Array(String(repeating: "block-\(index)", count: Int(index % 4) + 1).utf8)
}

func vectorBlocks(_ range: Range<UInt64>) -> [[UInt8]] { range.map(vectorBlock) }

/// A log that holds everything in memory: tree, nodes and blocks.
struct TestLog {
  var tree = MerkleTree()
  var nodes = NodeTable()
  var blocks: [[UInt8]] = []

  init(_ blocks: [[UInt8]] = []) { append(blocks) }

  /// A log of the vectors' blocks.
  init(length: UInt64) { self.init(vectorBlocks(0..<length)) }

  mutating func append(_ new: [[UInt8]]) {
    var batch = MerkleBatch(tree)
    batch.append(contentsOf: new)
    tree = batch.tree
    nodes.insert(batch.nodes)
    blocks += new
  }

  mutating func truncate(to length: UInt64) throws {
    var batch = MerkleBatch(tree)
    try batch.truncate(to: length, fork: tree.fork + 1, from: nodes)
    tree = batch.tree
    nodes.truncate(to: length)
    nodes.insert(batch.nodes)
    blocks.removeSubrange(Int(length)...)
  }

  func block(at index: UInt64) -> [UInt8]? { index < UInt64(blocks.count) ? blocks[Int(index)] : nil }
}

extension JSON {
  /// The member `key`, or nil when it is absent or null.
  func optional(_ key: String) -> JSON? {
    guard let value = self[key], !value.isNull else { return .none }
    return .some(value)
  }

  func node() throws -> TreeNode { TreeNode(index: try number("index"), size: try number("size"), hash: try fixed32("hash")) }

  func nodes(_ key: String) throws -> [TreeNode] { try list(key).map { try $0.node() } }

  func numbers(_ key: String) throws -> [UInt64] { try list(key).map { try $0.number() } }

  /// A manifest as the vectors write it.
  func manifest() throws -> Manifest {
    guard try text("hash") == "blake2b" else { throw VectorError("unknown hash") }
    let signers = try list("signers").map { signer in
      guard try signer.text("signature") == "ed25519" else { throw VectorError("unknown signature") }
      return Manifest.Signer(publicKey: try signer.fixed32("publicKey"), namespace: try signer.fixed32("namespace"))
    }
    return Manifest(
      version: try number("version"), allowPatch: try flag("allowPatch"), quorum: try number("quorum"), signers: signers,
      prologue: try optional("prologue").map { .init(hash: try $0.fixed32("hash"), length: try $0.number("length")) },
      linked: try optional("linked").map { _ in
        try list("linked").map { key in
          guard let key = Fixed32(try key.hex()) else { throw VectorError("not a key") }
          return key
        }
      },
      userData: try optional("userData").map { try $0.hex() })
  }
}
