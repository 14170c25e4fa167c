import CompactEncoding
import Corestore
import Glibc
import Hypercore

extension Row {
  /// A log that one process has and another one fetches, into a store of its own: from the start of that process to its
  /// end, everything checked and stored.
  static let replication = [
    replicating(
      "replicate-100", title: "replicate 100 B over Noise/TCP, two processes", size: 100, count: 200_000, aim: 150_000,
      javascript: 14_000),
    replicating(
      "replicate-10k", title: "replicate 10 kB over Noise/TCP, two processes", size: 10_000, count: 10_000,
      aim: 25_000, javascript: 6_400),
  ]

  private static func replicating(
    _ name: String, title: String, size: Int, count: Int, aim: Double, javascript: Double
  ) -> Row {
    Row(
      name: name, title: title, aim: .figure(aim), javascript: javascript,
      limit: "raw SQLite, the same rows, neither sent, hashed nor checked"
    ) { workspace in
      let tool = workspace.tools + "/hc-log"
      guard access(tool, X_OK) == 0 else { throw BenchError("\(tool) is not built") }
      let source = workspace.fresh("source")
      let key = try fill(source, size: size, count: count)
      let messages = workspace.fresh("messages")
      let server = try RunningProgram(
        tool, ["replicate", "--store", source, "--live", "--listen", "127.0.0.1:0"], errors: messages)
      try server.wait(until: "listening", in: messages)
      let peer = try readText(messages).split(whereSeparator: \.isWhitespace).drop { $0 != "listening" }.dropFirst()
      guard let peer = peer.first else { throw BenchError("the server does not tell where it listens") }
      let batch = max(1, 262_144 / size)
      return Pair(
        ours: {
          let store = workspace.fresh("copy")
          return try withExtendedLifetime(server) {
            try timed(count) {
              let arguments = ["replicate", "--store", store, "--sync", "normal", "--connect", String(peer), key]
              let status = try Program(tool, arguments).wait()
              guard status == 0 else { throw BenchError("hc-log replicate ended with exit status \(status)") }
            }
          }
        },
        limit: {
          let raw = try RawLog(workspace.fresh("raw.db"), blockSize: size, durable: false)
          return try timed(count) {
            for start in stride(from: 0, to: count, by: batch) {
              try raw.append(min(batch, count - start))
            }
          }
        })
    }
  }

  /// Makes a store with a log of blocks of that size, and gives the log's key.
  private static func fill(_ directory: String, size: Int, count: Int) throws -> String {
    let store = try Corestore(directory: directory, options: StoreOptions(create: true, durability: .normal))
    let log = try store.get(name: "log")
    let blocks = [[UInt8]](repeating: Array(repeating: 0x61, count: size), count: min(count, 1_000))
    for _ in 0..<count / blocks.count { try log.append(blocks) }
    return log.key.description
  }
}
