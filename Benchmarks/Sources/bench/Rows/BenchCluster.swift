import Autobase
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import Protomux
import Replication

/// A connection's end inside the process: frames go straight to the other end, neither encrypted nor through a socket.
final class BenchCarrier: MuxCarrier {
  var mux = Protomux()
  var stream: ReplicationStream?

  func setNeedsFlush() {}

  func receive(_ frame: [UInt8]) throws {
    try mux.receive(frame)
    while let event = mux.nextEvent() {
      if case .offered(let key) = event {
        if try stream?.answer(key, now: 0) != true { mux.reject(key) }
      } else {
        try stream?.handle(event, now: 0)
      }
    }
  }
}

/// One node of a base with its store, in memory, and its replication.
final class BenchNode {
  let store: Corestore
  let base: Autobase
  let replicator: StoreReplicator
  private var wanted: [WantedCore] = []
  var hasNews = false

  init(key: Fixed32? = nil) throws {
    store = try Corestore.inMemory()
    base = try Autobase(CorestoreStorage(store), Self.application(), key: key)
    replicator = StoreReplicator(store: store)
  }

  /// Appends every value to the view; one that begins with 1 names a writer to be added.
  private static func application() -> ClosureApplication {
    ClosureApplication(views: ["view"]) { nodes, host in
      for node in nodes where node.value.first == 1 {
        if let key = Fixed32(node.value.dropFirst()) { try host.addWriter(key) }
      }
      try host.view("view").append(nodes.map { $0.value })
    }
  }

  var viewLength: UInt64 { (try? base.view("view").length) ?? 0 }

  /// Orders and applies what came, and tells the others what is new here.
  func advance() throws {
    try base.advance()
    let cores = base.wantedCores
    if cores != wanted {
      for core in cores where core.isActive {
        let log = try store.get(key: core.key)
        let policy: DownloadPolicy = core.download == .everything ? .everything : .none
        let replication = replicator.activate(log, policy: policy)
        replication.onChange = { [unowned self] in hasNews = true }
      }
      wanted = cores
    }
    try replicator.logsChanged()
  }
}

/// Several nodes, each connected to each.
final class BenchCluster {
  let nodes: [BenchNode]
  private var links: [(first: BenchCarrier, second: BenchCarrier)] = []
  var isConnected = true

  /// Nodes of one base, all of them indexers.
  init(_ count: Int) throws {
    let founder = try BenchNode()
    _ = try founder.base.appendAck()
    let others = try (1..<count).map { _ in try BenchNode(key: founder.base.key) }
    nodes = [founder] + others
    for (i, first) in nodes.enumerated() {
      for second in nodes[(i + 1)...] {
        let (a, b) = (BenchCarrier(), BenchCarrier())
        let hash = [UInt8](repeating: 9, count: 64)
        a.stream = first.replicator.attach(a, role: .initiator, handshakeHash: hash, now: 0)
        b.stream = second.replicator.attach(b, role: .responder, handshakeHash: hash, now: 0)
        links.append((a, b))
      }
    }
    for node in others {
      guard let key = node.base.local?.key else { throw BenchError("a node has no log") }
      try founder.base.append([1] + key.bytes)
    }
    try settle()
    for _ in 0..<100 where !nodes.allSatisfy({ $0.base.isIndexer }) {
      for node in nodes {
        _ = try node.base.acknowledge()
        try settle()
      }
    }
    guard nodes.allSatisfy({ $0.base.isIndexer }) else { throw BenchError("not all nodes became indexers") }
  }

  /// Carries frames and lets nodes work until all are silent.
  func settle() throws {
    for node in nodes { try node.advance() }
    guard isConnected else { return }
    var isBusy = true
    while isBusy {
      isBusy = false
      for link in links {
        for frame in link.first.mux.takeFrames() {
          try link.second.receive(frame)
          isBusy = true
        }
        for frame in link.second.mux.takeFrames() {
          try link.first.receive(frame)
          isBusy = true
        }
      }
      for node in nodes {
        node.replicator.flush()
        guard node.hasNews else { continue }
        node.hasNews = false
        isBusy = true
        try node.advance()
      }
    }
  }
}
