import CSQLite
import CompactEncoding
import Corestore
import Glibc
import Hypercore
import TestDisk
import TestSupport
import Testing

/// Random logs, appends, truncations, downloads and drafts by two connections, and a power cut at any moment.
///
/// After it the store opens, every tree verifies, and what is found is the state after one of the commits: of the last
/// one that was known to be durable or of a later one, and never a mixture.
@Suite struct PowerCutTests {
  static var seeds: Range<UInt64> { 0..<(getenv("HYPERTOOLS_LONG") == nil ? 3 : 30) }

  @Test(arguments: seeds) func nothingDurableIsLost(seed: UInt64) throws {
    // Without a cut, for the number of operations.
    let whole = try PowerCutRun(seed: seed, cut: nil)
    #expect(whole.operations > 100, "seed \(seed)")
    #expect(whole.durableCommits > 10 || seed % 3 == 2, "seed \(seed)")
    let step = getenv("HYPERTOOLS_LONG") == nil ? 43 : 1
    for cut in stride(from: Int(seed) % step, to: whole.operations, by: step) {
      _ = try PowerCutRun(seed: seed, cut: cut)
    }
  }

  /// The disk tells what was lost: without syncs, everything may be.
  @Test func theDiskLosesWhatIsNotSynced() throws {
    var lost = 0
    for seed in 0..<20 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let directory = TemporaryDirectory()
      let disk = TestDisk("loss-\(seed)")
      do {
        var options = StoreOptions(durability: .normal)
        options.fileSystem = disk.name
        let store = try Corestore(directory: directory.path, options: options)
        let log = try store.get(name: "log")
        try store.makeDurable()
        for i in 0..<5 { try log.append([[UInt8(i)]]) }
        disk.cutPower(after: 0)
        #expect(throws: StoreError.self) { try log.append([[9]]) }
      }
      try disk.restart(using: &random)
      let length = try Corestore(directory: directory.path).get(name: "log").length
      #expect(length <= 5)
      if length < 5 { lost += 1 }
    }
    #expect(lost > 0)
  }
}

/// One life of a store until the power is cut, and what is found after it.
private struct PowerCutRun {
  /// A log: fork, and the blocks that are stored.
  struct LogState: Equatable {
    var fork: UInt64 = 0
    var blocks: [[UInt8]?] = []
    var note: [UInt8]?
  }

  private(set) var operations = 0
  private(set) var durableCommits = 0
  private let label: String
  /// What each commit led to; the first is the empty store.
  private var states: [[String: LogState]] = [[:]]
  /// The newest one that was known to be durable.
  private var durable = 0

  /// - Parameter cut: the operation at which the power fails; nil: never.
  init(seed: UInt64, cut: Int?) throws {
    label = "seed \(seed), cut at operation \(cut.map { "\($0)" } ?? "none")"
    let directory = TemporaryDirectory()
    let disk = TestDisk("\(seed)-\(cut ?? -1)")
    let remote = try Corestore.inMemory()
    let source = try remote.get(name: "source")
    if let cut { disk.cutPower(after: cut) }
    do { try live(seed, directory.path, disk, source) } catch {
      guard disk.isOff else { throw error }
    }
    operations = disk.operations
    var random = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(cut ?? 0))
    try disk.restart(using: &random)
    try check(directory.path, source)
  }

  private mutating func live(_ seed: UInt64, _ path: String, _ disk: TestDisk, _ source: Hypercore) throws {
    var random = SeededGenerator(seed: seed)
    func open(_ durability: StoreOptions.Durability) throws -> Corestore {
      var options = StoreOptions(durability: durability)
      options.fileSystem = disk.name
      return try Corestore(directory: path, options: options)
    }
    let first: StoreOptions.Durability = seed % 3 == 2 ? .normal : .full
    var stores = [try open(first), try open(.normal)]
    for step in 0..<40 {
      let index = Int.random(in: 0..<4, using: &random) == 0 ? 1 : 0
      let store = stores[index]
      let name = ["a", "b"].randomElement(using: &random)!
      let blocks = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        random.bytes(Int.random(in: 0...900, using: &random))
      }
      switch Int.random(in: 0..<12, using: &random) {
      case 0...2:
        try commit(store, { $0[name, default: LogState()].blocks += blocks }) {
          try store.get(name: name).append(blocks)
        }
      case 3:
        try commit(
          store,
          {
            for name in ["a", "b"] { $0[name, default: LogState()].blocks += blocks }
          }
        ) { for name in ["a", "b"] { try store.get(name: name).append(blocks) } }
      case 4:
        guard let state = states.last?[name], !state.blocks.isEmpty else { continue }
        let length = Int.random(in: 0...state.blocks.count, using: &random)
        try commit(
          store,
          {
            $0[name]?.blocks.removeSubrange(length...)
            $0[name]?.fork += 1
          }
        ) { try store.get(name: name).truncate(to: UInt64(length)) }
      case 5, 6:
        try source.append(blocks)
        let chosen = UInt64.random(in: 0..<source.length, using: &random)
        try commit(
          store, durability: .relaxed,
          {
            var log = $0["source"] ?? LogState()
            log.blocks += Array(repeating: nil, count: Int(source.length) - log.blocks.count)
            log.blocks[Int(chosen)] = try? source.block(at: chosen)
            $0["source"] = log
          }
        ) {
          let log = try store.get(key: source.key)
          let upgrade = ProofRequest.Upgrade(start: log.length, length: source.length - log.length)
          let nodes = log.length > chosen ? try log.missingNodes(block: chosen) : 0
          let request = ProofRequest(
            block: .init(index: chosen, nodes: nodes), upgrade: upgrade.length > 0 ? upgrade : nil,
            manifest: log.length == 0)
          if try !log.apply(source.proof(for: request)) { throw CommandError("the proof is of another fork") }
        }
      case 7:
        guard let log = states.last?["source"] else { continue }
        try commit(
          store, durability: .relaxed,
          {
            $0["source"]?.blocks = Array(repeating: nil, count: log.blocks.count)
          }
        ) { try store.get(key: source.key).clear(0..<UInt64(log.blocks.count)) }
      case 8:
        let note = random.bytes(20)
        try commit(store, durability: .relaxed, { $0[name, default: LogState()].note = note }) {
          try store.get(name: name).setUserData("note", note)
        }
      case 9:
        try store.makeDurable()
        #expect(store.isDurable, "\(label), step \(step)")
        noteDurable(stores)
      case 10:
        try Self.checkpoint(path, disk, ["PASSIVE", "RESTART", "TRUNCATE"].randomElement(using: &random)!)
      default:
        stores[index] = try open(index == 0 ? first : .normal)
      }
      noteDurable(stores)
    }
  }

  /// Runs a transaction, and notes what it leads to before it is tried: it may take effect without being acknowledged.
  private mutating func commit(
    _ store: Corestore, durability: CommitDurability? = nil, _ change: (inout [String: LogState]) -> Void,
    _ body: () throws -> Void
  ) throws {
    var next = states[states.count - 1]
    change(&next)
    states.append(next)
    try store.write(durability: durability, body)
  }

  private mutating func noteDurable(_ stores: [Corestore]) {
    guard durable < states.count - 1, stores.contains(where: \.isDurable) else { return }
    durable = states.count - 1
    durableCommits += 1
  }

  /// Another process that writes the log back into the database.
  private static func checkpoint(_ path: String, _ disk: TestDisk, _ mode: String) throws {
    var handle: OpaquePointer?
    defer { sqlite3_close_v2(handle) }
    guard sqlite3_open_v2(path + "/store.db", &handle, SQLITE_OPEN_READWRITE, disk.name) == SQLITE_OK,
      sqlite3_exec(handle, "PRAGMA synchronous = NORMAL; PRAGMA wal_checkpoint(\(mode))", nil, nil, nil) == SQLITE_OK
    else { throw CommandError(String(cString: sqlite3_errmsg(handle))) }
  }

  // MARK: Afterwards

  private func check(_ path: String, _ source: Hypercore) throws {
    let store = try Corestore(directory: path)
    let found = try store.read {
      var found: [String: LogState] = [:]
      for name in ["a", "b"] where try store.has(name: name) { found[name] = try state(store.get(name: name)) }
      if try store.has(key: source.key) { found["source"] = try state(store.get(key: source.key)) }
      return found
    }
    let matches = states.indices.filter { states[$0] == found }
    #expect(
      matches.contains { $0 >= durable },
      "\(label): found what commit \(matches) led to, of \(states.count - 1); \(durable) was durable")
    for record in try store.cores() {
      let audit = try store.get(key: record.key).audit()
      #expect(audit.faults.isEmpty, "\(label): \(audit.faults)")
    }
    let health = try store.health()
    #expect(health.problems.isEmpty, "\(label): \(health.problems)")
    // And it goes on.
    let log = try store.get(name: "a")
    let length = log.length
    #expect(try log.append([[1, 2, 3]]) == length + 1, "\(label)")
  }

  private func state(_ log: Hypercore) throws -> LogState {
    try LogState(
      fork: log.fork, blocks: (0..<log.length).map { try log.has($0) ? log.block(at: $0) : nil },
      note: log.userData("note"))
  }
}
