import Hypercore

extension Row {
  /// Appending to logs and reading them.
  static let logs = [
    Row(
      name: "merkle-append", title: "Merkle tree in memory, append 100 B",
      limit: "raw BLAKE2b of the same input: a leaf, a parent"
    ) { workspace in
      let block = [UInt8](repeating: 0x61, count: 100)
      return Pair(
        ours: {
          var batch = MerkleBatch(MerkleTree())
          return repeated(for: workspace.budget, step: 100) {
            batch = MerkleBatch(batch.tree)
            for _ in 0..<100 { batch.append(block) }
          }
        },
        limit: { RawHash.round([109, 73], budget: workspace.budget) })
    }
  ]
}
