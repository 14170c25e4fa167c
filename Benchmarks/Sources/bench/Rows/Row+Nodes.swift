import CompactEncoding
import Glibc
import HypercoreCrypto
import Registry
import Transport

extension Row {
  /// Three nodes as processes of their own.
  static let nodes = [
    put("node-put", title: "3 processes, put acknowledged, median", syncs: 2, allowance: 1) { $0.acknowledged },
    put("node-signed", title: "3 processes, put signed by the quorum, median", syncs: 6, allowance: 5) { $0.signed },
  ]

  private static func put(
    _ name: String, title: String, syncs: Double, allowance: Double,
    _ figure: @escaping @Sendable (RegistryCluster.Latency) -> [Double]
  ) -> Row {
    Row(
      name: name, title: title, unit: .milliseconds, aim: .share(1),
      limit: "what is aimed at: \(Int(syncs)) times fdatasync, and \(Int(allowance)) ms"
    ) { workspace in
      let cluster = try RegistryCluster(workspace)
      let file = try AppendFile(workspace.fresh("syncs"), size: 4096)
      return Pair(
        ours: { .quantity(median(figure(try cluster.puts(20)))) },
        limit: {
          let sample = try repeated(for: workspace.budget) { try file.append() }
          return .quantity(syncs * 1000 / sample.rate + allowance)
        })
    }
  }
}

/// Three nodes of a registry on the loopback, each a process with a store of its own, and a caller of the first.
private final class RegistryCluster {
  /// Milliseconds from the call.
  struct Latency {
    var acknowledged: [Double] = []
    var signed: [Double] = []
  }

  private var servers: [RunningProgram] = []
  private let loop = TransportLoop()
  private var client: RPCClient?
  private var count = 0

  init(_ workspace: Workspace) throws {
    let (admin, server) = (workspace.tools + "/registry-admin", workspace.tools + "/rpc-serve")
    for path in [admin, server] where access(path, X_OK) != 0 { throw BenchError("\(path) is not built") }
    var peers: [String] = []
    var keys: [String] = []
    let stores = (0..<3).map { workspace.fresh("store-\($0)") }
    for store in stores {
      let log = workspace.fresh("init")
      let bootstrap = keys.first.map { "--bootstrap \($0)" } ?? ""
      let command = "exec '\(admin)' init --storage '\(store)' \(bootstrap) >'\(log)'"
      guard try Program("/bin/sh", ["-c", command]).wait() == 0 else { throw BenchError("init failed") }
      keys.append(try Self.value(of: "Local key: ", in: readText(log)))
      let errors = workspace.fresh("server")
      let node = try RunningProgram(
        server,
        ["--storage", store, "--listen", "127.0.0.1:0"] + peers.flatMap { ["--peer", $0] }, errors: errors)
      try node.wait(until: "listening ", in: errors)
      peers.append(try Self.value(of: "listening ", in: readText(errors)))
      servers.append(node)
    }
    for key in keys.dropFirst() {
      guard try Program(admin, ["add-writer", "--storage", stores[0], key]).wait() == 0 else {
        throw BenchError("add-writer failed")
      }
    }
    let words = peers[0].split(separator: "@")
    guard words.count == 2, let address = TransportAddress(String(words[1])) else { throw BenchError(peers[0]) }
    let key = try KeyIdentifier.decode(String(words[0]))
    var generator = SystemRandomNumberGenerator()
    let keyPair = KeyPair(using: &generator)
    let loop = loop
    client = try blocking {
      try await RPCClient.connect(on: loop, to: address, serverKey: key, keyPair: keyPair)
    }
    let deadline = now() + 20
    while try status().writers?.count(where: \.isIndexer) != 3 {
      guard now() < deadline else { throw BenchError("the nodes did not become indexers") }
      usleep(20_000)
    }
    _ = try puts(3)
  }

  private static func value(of label: String, in text: String) throws -> String {
    for line in text.split(separator: "\n") {
      guard let range = line.range(of: label) else { continue }
      return String(line[range.upperBound...])
    }
    throw BenchError("no line with \(label)in: \(text)")
  }

  private func call(_ method: String, _ value: [UInt8]) throws -> [UInt8] {
    guard let client else { throw BenchError("not connected") }
    return try blocking { try await client.call(method, value) }
  }

  private func status() throws -> Status { try Status(decoding: call("status", [])) }

  /// Puts entries one after the other, each when the one before is signed.
  func puts(_ number: Int) throws -> Latency {
    var latency = Latency()
    for _ in 0..<number {
      count += 1
      let entry = Entry(name: "entry-\(count)", driveKey: Fixed32(), type: "text")
      let start = now()
      _ = try call("put-entry", entry.encoded())
      latency.acknowledged.append((now() - start) * 1000)
      let length = try status().viewLength
      while try status().signedLength < length {
        guard now() < start + 20 else { throw BenchError("an entry was not signed within 20 s") }
        usleep(200)
      }
      latency.signed.append((now() - start) * 1000)
    }
    return latency
  }
}

extension Substring {
  /// Where a text begins and ends in this one; nil when it is not there.
  fileprivate func range(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
