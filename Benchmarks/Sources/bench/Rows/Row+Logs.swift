import Corestore
import Hypercore

extension Row {
  /// Appending to logs and reading them.
  static let logs = [
    Row(
      name: "merkle-append", title: "Merkle tree in memory, append 100 B",
      limit: "raw BLAKE2b of the same input: a leaf, a parent"
    ) { workspace in
      let block = [UInt8](repeating: 0x61, count: 100)
      return Pair(
        ours: {
          var batch = MerkleBatch(MerkleTree())
          return repeated(for: workspace.budget, step: 100) {
            batch = MerkleBatch(batch.tree)
            for _ in 0..<100 { batch.append(block) }
          }
        },
        limit: { RawHash.round([109, 73], budget: workspace.budget) })
    },
    appending(
      "append-one", title: "append 100 B, one by one, --sync normal", batch: 1, durable: false, aim: .figure(25_000),
      javascript: 6200),
    Row(
      name: "append-one-durable", title: "append 100 B, one by one, durable", aim: .share(0.8),
      limit: "fsync rate: append 100 B to a file + fdatasync"
    ) { workspace in
      let (store, log) = try log(in: workspace, durable: true)
      let file = try AppendFile(workspace.fresh("append"), size: 100)
      let block = [UInt8](repeating: 0x61, count: 100)
      return Pair(
        ours: {
          try repeated(for: 2 * workspace.budget) {
            try withExtendedLifetime(store) { _ = try log.append(block: block) }
          }
        },
        limit: { try repeated(for: 2 * workspace.budget) { try file.append() } })
    },
    Row(
      name: "append-group-durable", title: "append 100 B, durable, 64 callers at a time", aim: .share(0.8),
      limit: "64 times the fsync rate: one sync for all that wait"
    ) { workspace in
      let callers = 64
      let group = try CommittingGroup(directory: workspace.fresh("store"), callers: callers)
      let file = try AppendFile(workspace.fresh("append"), size: 100)
      return Pair(
        ours: { try group.run(for: 2 * workspace.budget) },
        limit: { try repeated(for: 2 * workspace.budget, step: callers) { try file.append() } })
    },
    appending(
      "append-batch", title: "append 100 B, batches of 100, --sync normal", batch: 100, durable: false,
      aim: .figure(300_000), javascript: 118_000),
    appending(
      "append-batch-durable", title: "append 100 B, batches of 1000, durable", batch: 1000, durable: true,
      aim: .figure(150_000)),
    Row(
      name: "get", title: "sequential get, 100 B", aim: .figure(500_000), javascript: 30_000,
      limit: "raw SQLite, the same rows one by one"
    ) { workspace in
      let (store, log) = try log(in: workspace, durable: false)
      let count = 100_000
      let raw = try RawLog(workspace.fresh("raw.db"), blockSize: 100, durable: false)
      for _ in 0..<count / 1000 {
        try log.append(Array(repeating: [UInt8](repeating: 0x61, count: 100), count: 1000))
        try raw.append(1000)
      }
      return Pair(
        ours: {
          try timed(count) { try store.read { for index in 0..<UInt64(count) { keep(try log.block(at: index)) } } }
        },
        limit: { try timed(count) { try raw.transaction { for index in 0..<count { keep(try raw.get(index)) } } } })
    },
  ]

  private static func appending(
    _ name: String, title: String, batch: Int, durable: Bool, aim: Aim, javascript: Double? = nil
  ) -> Row {
    Row(
      name: name, title: title, aim: aim, javascript: javascript,
      limit: "raw SQLite, the same rows, neither hashed nor signed"
    ) { workspace in
      let (store, log) = try log(in: workspace, durable: durable)
      let raw = try RawLog(workspace.fresh("raw.db"), blockSize: 100, durable: durable)
      let blocks = [[UInt8]](repeating: Array(repeating: 0x61, count: 100), count: batch)
      return Pair(
        ours: {
          try repeated(for: workspace.budget, step: batch) {
            try withExtendedLifetime(store) { _ = try log.append(blocks) }
          }
        },
        limit: { try repeated(for: workspace.budget, step: batch) { try raw.append(batch) } })
    }
  }

  /// A new log in a new store.
  private static func log(in workspace: Workspace, durable: Bool) throws -> (Corestore, Hypercore) {
    let options = StoreOptions(durability: durable ? .full : .normal)
    let store = try Corestore(directory: workspace.fresh("store"), options: options)
    return (store, try store.get(name: "log"))
  }
}

/// Callers that each wait for their append to be on disk before the next one, over one queue.
private final class CommittingGroup: @unchecked Sendable {
  private let queue: CommitQueue
  private let callers: Int
  private let block = [UInt8](repeating: 0x61, count: 100)
  private let gate = Gate()
  // What follows belongs to the queue's thread while a round runs.
  private var deadline = 0.0
  private var outstanding = 0
  private var done = 0
  private var failure: (any Error)?

  init(directory: String, callers: Int) throws {
    queue = try CommitQueue(directory: directory)
    self.callers = callers
  }

  deinit { queue.close() }

  /// Lets all callers work until the time is over.
  func run(for budget: Double) throws -> Sample {
    let start = now()
    deadline = start + budget
    done = 0
    outstanding = callers
    for _ in 0..<callers { call() }
    gate.wait()
    if let failure { throw failure }
    return Sample(operations: Double(done), seconds: now() - start)
  }

  private func call() {
    queue.submit { [block] store in
      try store.get(name: "log").append(block: block)
    } done: { [self] result in
      if case .failure(let error) = result { failure = error }
      done += 1
      if failure == nil, now() < deadline { return call() }
      outstanding -= 1
      if outstanding == 0 { gate.open() }
    }
  }
}
