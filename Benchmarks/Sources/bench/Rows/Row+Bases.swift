import Autobase
import Hypercore
import HypercoreCrypto

extension Row {
  /// Ordering and applying.
  static let bases = [
    inMemory("base-memory-one", title: "Autobase in memory, append to view, one by one", batch: 1),
    inMemory("base-memory-batch", title: "Autobase in memory, append to view, batches of 100", batch: 100),
  ]

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
