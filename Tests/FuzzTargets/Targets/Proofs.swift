import CompactEncoding
import Hypercore
import HypercoreCrypto

/// A signed log in memory, whose proofs are changed on their way to a reader.
private struct ProvenLog: Sendable {
  let keyPair = KeyPair(seed: Fixed32())
  let manifest: Manifest
  let blocks: [[UInt8]]
  let tree: MerkleTree
  let nodes: NodeTable
  let signature: [UInt8]

  init(blockCount: Int) throws {
    manifest = Manifest(publicKey: keyPair.publicKey)
    blocks = (0..<blockCount).map { [UInt8](repeating: UInt8($0), count: $0 % 5) }
    var batch = MerkleBatch(MerkleTree())
    batch.append(contentsOf: blocks)
    tree = batch.tree
    nodes = NodeTable(batch.nodes)
    signature = try Verifier(manifest: manifest).sign(tree, with: keyPair)
  }

  /// The state of a reader who has the first `count` blocks, or only the tree of them.
  func reader(of count: Int, hasNodes: Bool) -> (tree: MerkleTree, nodes: NodeTable) {
    var batch = MerkleBatch(MerkleTree())
    batch.append(contentsOf: Array(blocks.prefix(count)))
    return (batch.tree, NodeTable(hasNodes ? batch.nodes : batch.tree.roots))
  }

  func prove(_ request: ProofRequest) throws -> Proof {
    try Prover(tree: tree, signature: signature, manifest: manifest, nodes: nodes).prove(request) {
      $0 < UInt64(blocks.count) ? blocks[Int($0)] : nil
    }
  }

  static let standard: ProvenLog = {
    do { return try ProvenLog(blockCount: 23) } catch { preconditionFailure("\(error)") }
  }()
}

extension FuzzTarget {
  /// Proofs of a log, made and then changed, or made up.
  static let proofs = FuzzTarget(
    "proofs", "requests to a prover; proofs that are changed or made up, towards readers of a log",
    maximumByteCount: 1024,
    seeds: {
      let log = ProvenLog.standard
      var seeds: [[UInt8]] = []
      for known: UInt8 in [0, 1, 8, 22] {
        let requests: [[UInt8]] = [
          [1, 5, 1], [2, 9, 2], [4, 20, 0], [8, known, 23 - known], [9, 3, 0, known, 23 - known],
          [24, known, 23 - known],
          [12, 17, 0, known, 23 - known],
        ]
        for request in requests {
          seeds.append([known, 0] + request)
          seeds.append([known, 1] + request + [1, 7, 3, 1])
        }
      }
      let whole = try log.prove(ProofRequest(upgrade: .init(start: 0, length: 23), manifest: true))
      let block = try log.prove(ProofRequest(block: .init(index: 4, nodes: 4)))
      for proof in [whole, block] { seeds.append([0, 2] + DataMessage(request: 1, proof: proof).encoded()) }
      return seeds
    },
    run: { input in
      var reader = InputReader(input)
      let log = ProvenLog.standard
      let known = reader.number(below: 24)
      let mode = reader.byte()
      var bytes: [UInt8]
      if mode & 2 == 0 {
        let proof: Proof
        do { proof = try log.prove(request(&reader)) } catch is MerkleError { return .refused }
        bytes = DataMessage(request: 1, proof: proof).encoded()
        if mode & 1 == 1 {
          for _ in 0..<min(reader.byte(), 8) {
            let position = Int(reader.byte()) << 8 | Int(reader.byte())
            if position >= 0xff00 {
              bytes.removeLast(min(bytes.count, position & 255))
            } else if !bytes.isEmpty {
              bytes[position % bytes.count] ^= reader.byte()
            }
          }
        }
      } else {
        bytes = reader.rest()
      }
      guard let message = try? DataMessage(decoding: bytes) else { return .refused }
      let state = log.reader(of: known, hasNodes: mode & 4 == 0)
      let checker = ProofChecker(
        key: log.manifest.key, manifest: mode & 8 == 0 ? nil : log.manifest, tree: state.tree, nodes: state.nodes)
      let checked: CheckedProof?
      do { checked = try checker.check(message.proof) } catch is MerkleError { return .refused }
      guard let checked else { return .refused }
      for node in checked.batch.nodes {
        try require(log.nodes.node(at: node.index) == node, "node \(node.index) is not the writer's")
      }
      if let block = checked.block {
        try require(
          block.index < 23 && log.blocks[Int(block.index)] == block.value, "block \(block.index) is not the writer's")
      }
      if checked.batch.isUpgraded { try require(checked.batch.tree == log.tree, "another head was believed") }
      return .accepted
    })

  private static func request(_ reader: inout InputReader) -> ProofRequest {
    let flags = reader.byte()
    var request = ProofRequest(manifest: flags & 16 != 0)
    if flags & 1 != 0 { request.block = .init(index: reader.number(), nodes: reader.number()) }
    if flags & 2 != 0 { request.hash = .init(index: reader.number(), nodes: reader.number()) }
    if flags & 4 != 0 { request.seek = .init(bytes: reader.number(), padding: reader.number()) }
    if flags & 8 != 0 { request.upgrade = .init(start: reader.number(), length: reader.number()) }
    return request
  }

  /// Multi-signatures over a log of several signers.
  static let signatures = FuzzTarget(
    "signatures", "signatures under any manifest",
    seeds: {
      var seeds: [[UInt8]] = []
      for sample in try Samples.bytes(in: ["01-signatures", "01-manifests"], limit: 600) {
        guard (try? Manifest(decoding: sample)) != nil else { continue }
        for signature in try Samples.bytes(in: ["01-signatures"], limit: 600).filter({ $0.count >= 64 }).prefix(4) {
          seeds.append(InputReader.pieces([sample, signature]))
        }
      }
      return Array(seeds.prefix(80))
    },
    run: { input in
      var reader = InputReader(input)
      guard let manifest = try? Manifest(decoding: reader.piece()) else { return .refused }
      let signature = reader.piece()
      let tree = ProvenLog.standard.tree
      let verifier = Verifier(manifest: manifest)
      try require(!verifier.accepts(tree, signature: signature), "a signature was forged")
      _ = Verifier(key: manifest.signers.first?.publicKey ?? Fixed32(), manifest: manifest).accepts(
        tree, signature: signature)
      return .accepted
    })
}
