import AutobaseClassic
import CompactEncoding

extension Row {
  /// The causal stream of classic bases, in memory.
  static let causal = [
    causal("causal-3", writers: 3, nodes: 200_000, links: .all),
    causal("causal-3-batches", writers: 3, nodes: 200_000, links: .all, batch: 8),
    causal("causal-32", writers: 32, nodes: 100_000, links: .all),
    causal("causal-32-forks", writers: 32, nodes: 100_000, links: .none),
  ]

  private enum Links {
    /// Every entry links to the newest of all inputs.
    case all
    /// No entry links to another input.
    case none
  }

  private static func causal(_ name: String, writers: Int, nodes: Int, links: Links, batch: Int = 1) -> Row {
    let shape = links == .none ? "forks" : batch > 1 ? "batches of \(batch)" : "all linked"
    return Row(
      name: name, title: "Causal stream, \(writers) inputs, \(shape)", aim: .figure(1_000_000),
      limit: "decoding all blocks, newest first, one input after the other"
    ) { _ in
      let logs = (0..<writers).map {
        KeyedMemoryLog(key: Fixed32([UInt8](repeating: UInt8(truncatingIfNeeded: $0 * 37 + 5), count: 32)) ?? Fixed32())
      }
      let base = ClassicAutobase(inputs: logs)
      var state: UInt64 = 7
      let values = [[UInt8]](repeating: [UInt8](repeating: 1, count: 32), count: batch)
      for _ in 0..<nodes / batch {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let clock: CausalClock? = links == .none ? [:] : nil
        try base.append(values, clock: clock, input: logs[Int(state >> 33) % writers])
      }
      return Pair(
        ours: {
          try timed(nodes) {
            var stream = try base.causalStream()
            var count = 0
            while try stream.next() != nil { count += 1 }
            guard count == nodes else { throw BenchError("\(count) entries are in the stream") }
          }
        },
        limit: {
          try timed(nodes) {
            var bytes = 0
            for log in logs {
              for block in log.blocks.reversed() { bytes += try Alpha9Block(decoding: block).value.count }
            }
            keep(bytes)
          }
        })
    }
  }
}
