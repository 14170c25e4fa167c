import Autobase
import CompactEncoding
import Corestore
import Glibc
import Hypercore
import HypercoreCrypto
import ProtomuxRPC
import Registry
import RegistryNode
import TestSupport
import Testing
import Transport

/// A node of a cluster: a process that can be killed and started again on the same store, at the same address.
final class ClusterNode {
  let store = Store()
  private(set) var server: Server?
  /// How others reach it.
  private(set) var name = ""
  private(set) var address: TransportAddress?
  private(set) var serverKey = Fixed32()
  private var client: RPCClient?
  private let bootstrap: Fixed32?

  /// Makes the node's store, and starts it.
  init(bootstrap: Fixed32? = nil, peers: [ClusterNode] = [], options: [String] = []) throws {
    self.bootstrap = bootstrap
    let initialize = bootstrap.map { ["--bootstrap", KeyIdentifier.encode($0)] } ?? []
    let result = try store.run("registry-admin", ["init"] + initialize)
    guard result.status == 0 else { throw CommandError("registry-admin init: \(result.messages)") }
    try start(peers: peers, options: options)
  }

  /// Makes the node's store of a backup, as a new node, and starts it.
  init(restoring backup: String, peers: [ClusterNode]) throws {
    bootstrap = nil
    let result = try store.run("registry-admin", ["restore", "--as-writer", backup])
    guard result.status == 0 else { throw CommandError("registry-admin restore: \(result.messages)") }
    try start(peers: peers)
  }

  /// Starts the node.
  func start(peers: [ClusterNode] = [], options: [String] = []) throws {
    let listen = address.map { "\($0)" } ?? "127.0.0.1:0"
    let server = try Server(
      store,
      ["--listen", listen, "--ack-interval", "10ms"] + peers.flatMap { ["--peer", $0.name] } + options)
    self.server = server
    address = server.addresses[0]
    serverKey = server.key
    name = "\(KeyIdentifier.encode(server.key))@\(server.addresses[0])"
  }

  /// Ends the process as a power switch would.
  func crash() throws {
    client = nil
    server?.process.signal(SIGKILL)
    _ = try server?.process.finish()
    server = nil
  }

  /// Ends it as an operator does.
  func stop() throws {
    client = nil
    try server?.stop()
    server = nil
  }

  // MARK: Calling

  private func connected() async throws -> RPCClient {
    if let client { return client }
    guard let address else { throw CommandError("the node was never started") }
    var generator = SystemRandomNumberGenerator()
    let client = try await RPCClient.connect(
      on: Server.loop, to: address, serverKey: serverKey, keyPair: KeyPair(using: &generator))
    self.client = client
    return client
  }

  func put(_ name: String) async throws { try await connected().put(.named(name)) }
  func get(_ name: String) async throws -> Entry? { try await connected().get(name) }
  func status() async throws -> Status { try await connected().status() }

  /// Says who is asked for nothing more: the connection is made anew with the next call.
  func disconnect() {
    client?.close()
    client = nil
  }

  /// The local writer's key.
  func localKey() async throws -> Fixed32 { try await status().localKey }

  /// Waits until it says something, on standard error.
  func waitForMessage(_ text: String) async throws { try await server?.waitForMessage(text) }

  /// Waits until its status is as it should be.
  @discardableResult
  func wait(
    _ what: String, milliseconds: Int = 20_000, until isReached: (Status) -> Bool
  ) async throws -> Status {
    let end = ContinuousClock.now + .milliseconds(milliseconds)
    var last: Status?
    while ContinuousClock.now < end {
      let status = try await status()
      if isReached(status) { return status }
      last = status
      try await Task.sleep(for: .milliseconds(5))
    }
    throw CommandError("\(what) did not come; status \(String(describing: last)); said \(server?.messages ?? [])")
  }
}

extension Status {
  /// Number of writers that are indexers.
  var indexerCount: Int { (writers ?? []).count { $0.isIndexer } }
}

/// Three nodes that are indexers of one registry.
struct Cluster {
  let nodes: [ClusterNode]

  var a: ClusterNode { nodes[0] }
  var b: ClusterNode { nodes[1] }
  var c: ClusterNode { nodes[2] }

  /// Founds a registry, and adds two nodes as the workshop does. The second connects to the first, the third to both.
  static func make() async throws -> Cluster {
    let a = try ClusterNode()
    let base = try await a.status().baseKey
    let b = try ClusterNode(bootstrap: base, peers: [a])
    try await add(b, at: a)
    let c = try ClusterNode(bootstrap: base, peers: [a, b])
    try await add(c, at: a)
    let cluster = Cluster(nodes: [a, b, c])
    for node in cluster.nodes { try await node.wait("three indexers") { $0.indexerCount == 3 } }
    return cluster
  }

  /// Makes a node a writer, by a command beside a running one.
  static func add(_ node: ClusterNode, at other: ClusterNode) async throws {
    let key = KeyIdentifier.encode(try await node.localKey())
    let result = try other.store.run("registry-admin", ["add-writer", key])
    guard result.status == 0 else { throw CommandError("registry-admin add-writer: \(result.messages)") }
    try await node.waitForMessage("I have become an indexer to the autobase")
  }

  /// Starts a node again, with the peers it had from the beginning.
  func restart(_ index: Int) throws { try nodes[index].start(peers: Array(nodes[..<index])) }

  /// Waits until nodes have one view, indexed and signed to its end, and compares it byte for byte.
  static func expectEqualViews(_ nodes: [ClusterNode], milliseconds: Int = 30_000) async throws {
    let end = ContinuousClock.now + .milliseconds(milliseconds)
    while true {
      var found: Set<[UInt8]> = []
      var isSettled = true
      for node in nodes {
        let status = try await node.status()
        isSettled = isSettled && status.viewLength == status.signedLength
        found.insert(status.viewKey.bytes + "\(status.viewLength)".utf8)
      }
      if isSettled, found.count == 1 { break }
      guard ContinuousClock.now < end else {
        var texts: [String] = []
        for node in nodes { texts.append("\(try await node.status())") }
        throw CommandError("the nodes did not come to one view: \(texts.joined(separator: "\n"))")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    var contents: Set<[[UInt8]]> = []
    for node in nodes { contents.insert(try node.viewBlocks()) }
    #expect(contents.count == 1)
  }
}

extension ClusterNode {
  /// All blocks of the view, read from the store.
  func viewBlocks() throws -> [[UInt8]] {
    let opened = try Corestore(directory: store.path, options: StoreOptions(isReadOnly: true))
    return try opened.read {
      let node = try RegistryNode(opened)
      let view = try node.base.view(RegistryView.name).snapshot()
      return try (0..<view.length).map { try view.block(at: $0) }
    }
  }
}
