import Autobase
import Corestore
import Hypercore

extension Row {
  /// Several nodes in one process.
  static let clusters = [together, apart, nodeStart]

  /// Each round every node appends one value, and the round is over when all views show all of them.
  private static let together = Row(
    name: "cluster-three", title: "3 indexers in one process, one append each a round, until all three views have it",
    aim: .figure(5_000), javascript: 176,
    limit: "the signatures alone: three made and two checked for each value"
  ) { workspace in
    let cluster = try BenchCluster(3)
    let value = [UInt8](repeating: 0x61, count: 100)
    var expected = try commonLength(cluster)
    return Pair(
      ours: {
        let sample = try repeated(for: workspace.budget, step: 3) {
          for node in cluster.nodes { try node.base.append(value) }
          try cluster.settle()
          expected += 3
          guard cluster.nodes.allSatisfy({ $0.viewLength == expected }) else {
            throw BenchError("views of \(cluster.nodes.map(\.viewLength)) blocks, not \(expected)")
          }
        }
        return sample
      },
      limit: { RawHash.signingAndVerifying(signatures: 3, checks: 2, budget: workspace.budget) })
  }

  private static func commonLength(_ cluster: BenchCluster) throws -> UInt64 {
    guard let length = cluster.nodes.map(\.viewLength).max(), cluster.nodes.allSatisfy({ $0.viewLength == length })
    else { throw BenchError("views of different lengths") }
    return length
  }

  /// Two nodes that did not hear of each other while each appended 10,000 values, one by one.
  private static let apart = Row(
    name: "cluster-merge", title: "merge of 2 writers that were apart, 10,000 single appends each", unit: .milliseconds,
    aim: .figure(1_000), limit: "the same blocks stored by raw SQLite, in one transaction"
  ) { workspace in
    Pair(
      ours: {
        let cluster = try BenchCluster(2)
        let value = [UInt8](repeating: 0x61, count: 100)
        let before = try commonLength(cluster)
        cluster.isConnected = false
        for node in cluster.nodes {
          for _ in 0..<10_000 { try node.base.append(value) }
          try node.advance()
        }
        cluster.isConnected = true
        let start = now()
        try cluster.settle()
        let time = now() - start
        guard try commonLength(cluster) == before + 20_000 else { throw BenchError("the views do not show everything") }
        return .quantity(time * 1000)
      },
      limit: {
        let raw = try RawLog(workspace.fresh("raw.db"), blockSize: 120, durable: false)
        let start = now()
        try raw.append(20_000)
        return .quantity((now() - start) * 1000)
      })
  }

  /// A node whose store holds a million blocks opens its base and is ready to serve.
  private static let nodeStart = Row(
    name: "node-start", title: "node start with 1 M blocks in the store", unit: .milliseconds, aim: .figure(100),
    limit: "opening the database with SQLite and reading one row"
  ) { workspace in
    let directory = workspace.fresh("million")
    func open() throws -> Autobase {
      let store = try Corestore(directory: directory, options: StoreOptions(durability: .normal))
      return try Autobase(CorestoreStorage(store), echo())
    }
    let values = [[UInt8]](repeating: Array(repeating: 0x61, count: 100), count: 1_000)
    do {
      let base = try open()
      for _ in 0..<510 { try base.append(values) }
    }
    return Pair(
      ours: {
        let start = now()
        let base = try open()
        try base.advance()
        let time = now() - start
        guard try base.view("view").length == 510_000 else { throw BenchError("the view is not whole") }
        return .quantity(time * 1000)
      },
      limit: {
        let start = now()
        _ = try RawDatabase(directory + "/store.db").prepare("SELECT count(*) FROM sqlite_schema").run()
        return .quantity((now() - start) * 1000)
      })
  }
}
