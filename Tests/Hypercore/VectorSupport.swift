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

/// A log that signs, answers and checks, all in memory.
struct TestCore {
  let keyPair: KeyPair
  let key: Fixed32
  var manifest: Manifest?
  var log: TestLog
  var signature: [UInt8]?
  /// Blocks by index, for a reader that lacks some.
  var blocks: [UInt64: [UInt8]] = [:]

  /// A writer with one signer.
  init(seed: Fixed32, manifest: Manifest? = nil, blocks: [[UInt8]]) throws {
    keyPair = KeyPair(seed: seed)
    let manifest = manifest ?? Manifest(publicKey: keyPair.publicKey)
    key = manifest.key
    self.manifest = manifest
    log = TestLog(blocks)
    try sign()
  }

  /// A reader of another's log.
  init(readerOf writer: TestCore, knowsManifest: Bool = false) {
    self = writer
    manifest = knowsManifest ? writer.manifest : nil
    log = TestLog()
    signature = nil
  }

  mutating func sign() throws {
    signature = try Verifier(key: key, manifest: manifest).sign(log.tree, with: keyPair)
  }

  mutating func append(_ blocks: [[UInt8]]) throws {
    log.append(blocks)
    try sign()
  }

  mutating func truncate(to length: UInt64) throws {
    try log.truncate(to: length)
    try sign()
  }

  var prover: Prover<NodeTable> {
    Prover(tree: log.tree, signature: signature, manifest: manifest, nodes: log.nodes)
  }

  var checker: ProofChecker<NodeTable> {
    ProofChecker(key: key, manifest: manifest, tree: log.tree, nodes: log.nodes)
  }

  func prove(_ request: ProofRequest) throws -> Proof {
    try prover.prove(request) { log.block(at: $0) ?? blocks[$0] }
  }

  /// Checks a proof and stores what it brings; whether it was applied.
  mutating func apply(_ proof: Proof) throws -> Bool {
    guard let checked = try checker.check(proof), checked.batch.isCommittable(onto: log.tree) else { return false }
    log.nodes.insert(checked.batch.nodes)
    if checked.batch.isUpgraded {
      log.tree = checked.batch.tree
      signature = checked.batch.signature
      manifest = manifest ?? checked.manifest
    }
    if let block = checked.block { blocks[block.index] = block.value }
    return true
  }
}
