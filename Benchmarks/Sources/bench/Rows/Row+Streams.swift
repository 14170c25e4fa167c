import Autobase
import CompactEncoding
import Corestore
import Glibc
import Hypercore

extension Row {
  /// Records that go from tool to tool through pipes.
  static let streams = [
    ordering("stream-order", title: "ab-linearize order --stdin, JSON lines", flags: []),
    ordering("stream-order-frames", title: "ab-linearize order --stdin --frames, binary frames", flags: ["--frames"]),
  ]

  /// Nodes of three writers, through a pipe into the tool and out of it.
  private static func ordering(_ name: String, title: String, flags: [String]) -> Row {
    Row(name: name, title: title, aim: .figure(300_000), limit: "the same bytes through cat") { workspace in
      let count = 200_000
      let store = workspace.fresh("store")
      try PipedNodes.fill(store, count: count)
      let (log, order) = (workspace.tools + "/hc-log", workspace.tools + "/ab-linearize")
      for path in [log, order] where access(path, X_OK) != 0 { throw BenchError("\(path) is not built") }
      let records = workspace.fresh("records")
      let made = try Program(log, ["cat", "--store", store, "--oplog"] + flags + PipedNodes.names, output: records)
      guard made.wait() == 0 else { throw BenchError("hc-log cat failed") }
      func run(_ command: String) throws -> Sample {
        try timed(count) {
          let status = try Program("/bin/sh", ["-c", "cat '\(records)' | \(command) | cat"]).wait()
          guard status == 0 else { throw BenchError("\(command) ended with exit status \(status)") }
        }
      }
      return Pair(
        ours: { try run("'\(order)' order --stdin \(flags.joined(separator: " "))") }, limit: { try run("cat") })
    }
  }
}

/// Logs of three writers, each of whose nodes refers to the newest one, with values of 100 bytes.
enum PipedNodes {
  static let names = ["a", "b", "c"]

  static func fill(_ path: String, count: Int) throws {
    let store = try Corestore(directory: path, options: StoreOptions(durability: .normal))
    let logs = try names.map { try store.get(name: $0) }
    var blocks = [[[UInt8]]](repeating: [], count: logs.count)
    var lengths = [UInt64](repeating: 0, count: logs.count)
    var last: Checkout?
    var state: UInt64 = 7
    for number in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let writer = number == 0 ? 0 : Int(state >> 33) % logs.count
      let value = [UInt8](repeating: UInt8(truncatingIfNeeded: state >> 40), count: 100)
      blocks[writer].append(OplogMessage(heads: last.map { [$0] } ?? [], value: value).encoded())
      lengths[writer] += 1
      last = Checkout(key: logs[writer].key, length: lengths[writer])
    }
    try store.write { for (log, blocks) in zip(logs, blocks) { try log.append(blocks) } }
  }
}
