import Autobase
import Corestore
import Hypercore
import HypercoreCrypto

extension Row {
  /// Ordering and applying.
  static let bases = [
    stored(
      "base-one", title: "Autobase, one writer, append to visible view, one by one", batch: 1, aim: 10_000,
      javascript: 500, blocks: 4),
    stored(
      "base-batch", title: "Autobase, one writer, append to visible view, batches of 100", batch: 100, aim: 150_000,
      javascript: 17_000, blocks: 202),
    inMemory("base-memory-one", title: "Autobase in memory, append to view, one by one", batch: 1),
    inMemory("base-memory-batch", title: "Autobase in memory, append to view, batches of 100", batch: 100),
    grown("base-grown", title: "Autobase, one writer, one by one, behind 1,000,000 nodes", nodes: 1_000_000),
  ]

  /// What one more node costs in a base that has many: the share of the rate of a new one that is left.
  private static func grown(_ name: String, title: String, nodes: Int) -> Row {
    Row(name: name, title: title, limit: "the same in a base without nodes") { workspace in
      let value = [UInt8](repeating: 0x61, count: 100)
      func base(_ name: String) throws -> Autobase {
        let store = try Corestore(directory: workspace.fresh(name), options: StoreOptions(durability: .normal))
        return try Autobase(CorestoreStorage(store), echo())
      }
      let (new, grown) = (try base("new"), try base("grown"))
      for _ in 0..<nodes / 1000 { _ = try grown.append([[UInt8]](repeating: value, count: 1000)) }
      return Pair(
        ours: { try repeated(for: workspace.budget) { _ = try grown.append([value]) } },
        limit: { try repeated(for: workspace.budget) { _ = try new.append([value]) } })
    }
  }

  /// A base in a store, `--sync normal`. A value becomes a block of the local log and one of the view, and each batch
  /// two of the system: all in one transaction, with three signatures.
  private static func stored(
    _ name: String, title: String, batch: Int, aim: Double, javascript: Double, blocks: Int
  ) -> Row {
    Row(
      name: name, title: title, aim: .figure(aim), javascript: javascript,
      limit: "raw SQLite, the same rows, neither hashed nor signed"
    ) { workspace in
      let store = try Corestore(directory: workspace.fresh("store"), options: StoreOptions(durability: .normal))
      let base = try Autobase(CorestoreStorage(store), echo())
      let raw = try RawLog(workspace.fresh("raw.db"), blockSize: 120, durable: false)
      let values = [[UInt8]](repeating: Array(repeating: 0x61, count: 100), count: batch)
      return Pair(
        ours: {
          let before = try base.view("view").length
          let sample = try repeated(for: workspace.budget, step: batch) { try base.append(values) }
          guard try base.view("view").length == before + UInt64(sample.operations) else {
            throw BenchError("the view does not show what was appended")
          }
          return sample
        },
        limit: { try repeated(for: workspace.budget, step: batch) { try raw.append(blocks) } })
    }
  }

  private static func inMemory(_ name: String, title: String, batch: Int) -> Row {
    Row(name: name, title: title, limit: "the signatures alone: the log, the system and the view") { workspace in
      let base = try Autobase(MemoryBaseStorage(local: pair()), echo())
      let values = [[UInt8]](repeating: Array(repeating: 0x61, count: 100), count: batch)
      return Pair(
        ours: { try repeated(for: workspace.budget, step: batch) { try base.append(values) } },
        limit: { RawHash.signing(count: 3, step: batch, budget: workspace.budget) })
    }
  }

  private static func pair() -> KeyPair {
    var generator = SystemRandomNumberGenerator()
    return KeyPair(using: &generator)
  }

  /// The application whose view is the ordered values themselves.
  static func echo() -> ClosureApplication {
    ClosureApplication(views: ["view"]) { nodes, host in
      try host.view("view").append(nodes.map { $0.value })
    }
  }
}
