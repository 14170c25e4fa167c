import AutobaseClassic
import CompactEncoding
import Corestore
import Hypercore

extension Row {
  /// Linearized views of classic bases: nodes a second.
  static let classicViews = [
    Row(name: "view-memory", title: "Linearized view, 3 inputs, in memory", limit: "the causal stream alone") { _ in
      let (inputs, nodes) = try linkedInputs(nodes: 100_000)
      return Pair(
        ours: { try timed(nodes) { try makeView(inputs, in: nil, length: nodes) } },
        limit: {
          try timed(nodes) {
            var stream = try ClassicAutobase(inputs: inputs).causalStream()
            while let node = try stream.next() { keep(node) }
          }
        })
    },
    Row(
      name: "view-local", title: "Linearized view, 3 inputs, into a local output",
      limit: "appending the same blocks, 1024 at a time"
    ) { workspace in
      let (inputs, nodes) = try linkedInputs(nodes: 100_000)
      func output(_ name: String) throws -> Hypercore {
        try Corestore(directory: workspace.fresh(name), options: StoreOptions(durability: .normal)).get(name: "view")
      }
      let first = try output("first")
      try makeView(inputs, in: first, length: nodes)
      let blocks = try (0..<first.length).map { try first.block(at: $0) }
      return Pair(
        ours: {
          let log = try output("ours")
          return try timed(nodes) { try makeView(inputs, in: log, length: nodes) }
        },
        limit: {
          let log = try output("limit")
          return try timed(nodes) {
            try log.writing {
              for start in stride(from: 0, to: nodes, by: 1024) {
                try log.append(Array(blocks[start..<min(start + 1024, nodes)]))
              }
            }
          }
        })
    },
    Row(
      name: "view-next", title: "Linearized view, one more node behind 100,000, in memory",
      limit: "the same in a view of a few nodes"
    ) { workspace in
      func grow(_ nodes: Int) throws -> () throws -> Void {
        let inputs = try linkedInputs(nodes: nodes).inputs
        let base = ClassicAutobase(inputs: inputs, autostart: true)
        try base.view?.update()
        let value = [UInt8](repeating: 0x61, count: 32)
        var next = 0
        return {
          next += 1
          try base.append(value, input: inputs[next % inputs.count])
          guard try base.view?.update().added == 1 else { throw BenchError("an update did not add one block") }
        }
      }
      let (grown, new) = (try grow(100_000), try grow(3))
      return Pair(
        ours: { try repeated(for: workspace.budget, grown) }, limit: { try repeated(for: workspace.budget, new) })
    },
  ]

  /// Three inputs with entries of 32 bytes, each of which links to all before it.
  private static func linkedInputs(nodes: Int) throws -> (inputs: [KeyedMemoryLog], nodes: Int) {
    let inputs = (1...3).map {
      KeyedMemoryLog(key: Fixed32([UInt8](repeating: $0, count: 32)) ?? Fixed32())
    }
    let base = ClassicAutobase(inputs: inputs)
    let value = [UInt8](repeating: 0x61, count: 32)
    for index in 0..<nodes { try base.append(value, input: inputs[index * 7 % 5 % 3]) }
    return (inputs, nodes)
  }

  private static func makeView(
    _ inputs: [KeyedMemoryLog], in output: ClassicAutobase.WritableLog?, length: Int
  ) throws {
    let base = ClassicAutobase(inputs: inputs, localOutput: output, autostart: true)
    guard let view = base.view, try view.update().added == UInt64(length), view.length == UInt64(length) else {
      throw BenchError("the view has not every node")
    }
  }
}
