import CompactEncoding
import Corestore
import Hypercore
import TestSupport
import Testing

/// Random operations on logs, compared with plain arrays after each step.
///
/// With SQLite two connections to the same directory take turns, as two processes would.
@Suite struct PropertyTests {
  private struct Rollback: Error {}

  /// What a log must hold.
  private struct Model {
    /// Everything ever appended and not truncated.
    var blocks: [[UInt8]] = []
    var cleared: Set<Int> = []
    var fork: UInt64 = 0

    func get(_ index: Int) -> [UInt8]? { cleared.contains(index) ? nil : blocks[index] }
  }

  private struct KeptSnapshot {
    let session: Hypercore
    let connection: Int
    let model: Model
    /// Another connection took something away, which a snapshot cannot keep.
    var mayLose = false
  }

  @Test(arguments: 0..<12) func memoryFollowsTheModel(seed: UInt64) throws {
    let store = try Corestore.inMemory()
    try run(seed: seed, steps: 150) { _ in store }
  }

  @Test(arguments: 0..<8) func sqliteFollowsTheModel(seed: UInt64) throws {
    let directory = TemporaryDirectory()
    try run(seed: 1000 + seed, steps: 120) { _ in
      try Corestore(directory: directory.path, options: StoreOptions(durability: .normal))
    }
  }

  private func run(seed: UInt64, steps: Int, open: (Int) throws -> Corestore) throws {
    var random = SeededGenerator(seed: seed)
    var stores = [try open(0), try open(1)]
    var main = Model()
    var drafts: [String: Model] = [:]
    var snapshots: [KeptSnapshot] = []
    var reached = Set<String>()

    func blocks(_ random: inout SeededGenerator) -> [[UInt8]] {
      (0..<Int.random(in: 1...6, using: &random)).map { _ in random.bytes(Int.random(in: 0...40, using: &random)) }
    }

    for step in 0..<steps {
      let connection = Int.random(in: 0..<2, using: &random)
      let store = stores[connection]
      let log = try store.get(name: "log")
      let comment: Comment = "seed \(seed), step \(step)"
      switch Int.random(in: 0..<14, using: &random) {
      case 0...2:
        let new = blocks(&random)
        #expect(try log.append(new) == UInt64(main.blocks.count + new.count), comment)
        main.blocks += new
        reached.insert("append")
      case 3:
        let length = Int.random(in: 0...main.blocks.count, using: &random)
        try log.truncate(to: UInt64(length))
        main.blocks.removeSubrange(length...)
        main.cleared = main.cleared.filter { $0 < length }
        main.fork += 1
        for index in snapshots.indices where snapshots[index].connection != connection {
          snapshots[index].mayLose = true
        }
        reached.insert("truncate")
      case 4 where !main.blocks.isEmpty:
        let start = Int.random(in: 0..<main.blocks.count, using: &random)
        let end = min(start + Int.random(in: 1...4, using: &random), main.blocks.count)
        // Drafts share the blocks, and lose them with the log.
        try log.clear(UInt64(start)..<UInt64(end))
        main.cleared.formUnion(start..<end)
        for name in drafts.keys {
          let shared = Int(try log.session(named: name).sharedLength)
          for index in start..<end where index < shared { drafts[name]?.cleared.insert(index) }
        }
        for index in snapshots.indices where snapshots[index].connection != connection {
          snapshots[index].mayLose = true
        }
        reached.insert("clear")
      case 5:
        snapshots.append(KeptSnapshot(session: try log.snapshotSession(), connection: connection, model: main))
        if snapshots.count > 4 { snapshots.removeFirst() }
        reached.insert("snapshot")
      case 6:
        let name = ["x", "y"].randomElement(using: &random)!
        let draft = try log.session(named: name)
        if drafts[name] == nil { drafts[name] = main }
        let new = blocks(&random)
        try draft.append(new)
        drafts[name]?.blocks += new
        reached.insert("draft append")
      case 7:
        guard let name = drafts.keys.sorted().randomElement(using: &random), let model = drafts[name] else { continue }
        let length = Int.random(in: 0...model.blocks.count, using: &random)
        try log.session(named: name).truncate(to: UInt64(length))
        drafts[name]?.blocks.removeSubrange(length...)
        drafts[name]?.cleared = model.cleared.filter { $0 < length }
        drafts[name]?.fork += 1
        reached.insert("draft truncate")
      case 8:
        guard let name = drafts.keys.sorted().randomElement(using: &random), let model = drafts[name] else { continue }
        let draft = try log.session(named: name)
        let shared = Int(draft.sharedLength)
        let fits =
          main.blocks.count <= model.blocks.count
          && (main.blocks.count <= shared || Array(model.blocks.prefix(main.blocks.count)) == main.blocks)
        if fits && model.blocks.count > main.blocks.count && model.fork != main.fork {
          #expect(throws: SessionError.invalidSignature, comment) { try log.commit(draft) }
        } else if fits {
          #expect(try log.commit(draft) == UInt64(model.blocks.count), comment)
          let grown = main.blocks.count..<model.blocks.count
          main.blocks = model.blocks
          main.cleared.formUnion(model.cleared.filter { grown.contains($0) })
          // From now on the draft reads everything below from the log.
          drafts[name]?.cleared = main.cleared
          reached.insert("commit")
        } else {
          #expect(try log.commit(draft) == nil, comment)
        }
      case 9:
        let name = ["x", "y"].randomElement(using: &random)!
        _ = try log.session(named: name, overwrite: true)
        drafts[name] = main
        reached.insert("overwrite")
      case 10:
        // Whatever happens inside a transaction that fails leaves no trace, in memory or on disk.
        #expect(throws: Rollback.self, comment) {
          try store.write {
            try log.append(blocks(&random))
            try log.session(named: "gone").append([[1]])
            try log.truncate(to: 0)
            _ = try store.get(name: "other\(step)")
            try log.append(blocks(&random))
            for name in drafts.keys { try log.session(named: name).append([[2]]) }
            throw Rollback()
          }
        }
        #expect(try !store.has(name: "other\(step)"), comment)
        #expect(try !log.draftNames().contains("gone"), comment)
        reached.insert("rollback")
      case 11:
        let new = (0..<3).map { _ in blocks(&random) }
        try store.write { for part in new { try log.append(part) } }
        main.blocks += new.flatMap { $0 }
        reached.insert("transaction")
      case 12:
        let atom = store.context.atom()
        let session = try log.session(in: atom)
        let length = Int.random(in: 0...main.blocks.count, using: &random)
        let truncates = Bool.random(using: &random)
        if truncates { try session.truncate(to: UInt64(length)) }
        let new = blocks(&random)
        try session.append(new)
        #expect(log.length == UInt64(main.blocks.count), comment)
        if Bool.random(using: &random) {
          try atom.flush()
          if truncates {
            main.blocks.removeSubrange(length...)
            main.cleared = main.cleared.filter { $0 < length }
            main.fork += 1
            for index in snapshots.indices where snapshots[index].connection != connection {
              snapshots[index].mayLose = true
            }
          }
          main.blocks += new
          reached.insert("flush")
        }
      default:
        stores[connection] = try open(connection)
        for index in snapshots.indices where snapshots[index].connection == connection {
          snapshots[index].mayLose = true
        }
      }

      for store in stores {
        let log = try store.get(name: "log")
        try compare(log, main, comment)
        for (name, model) in drafts { try compare(log.session(named: name), model, comment) }
      }
      for snapshot in snapshots { try compare(snapshot, comment) }
    }
    #expect(reached.count > 5)
  }

  private func compare(_ log: Hypercore, _ model: Model, _ comment: Comment) throws {
    try log.context.read {
      #expect(log.length == UInt64(model.blocks.count), comment)
      #expect(log.fork == model.fork || log.name != nil, comment)
      #expect(log.byteLength == UInt64(model.blocks.reduce(0) { $0 + $1.count }), comment)
      for index in model.blocks.indices {
        #expect(try log.get(UInt64(index)) == model.get(index), comment)
        #expect(try log.has(UInt64(index)) == (model.get(index) != nil), comment)
      }
      var batch = MerkleBatch(MerkleTree(fork: log.fork))
      batch.append(contentsOf: model.blocks)
      #expect(try log.treeHash() == batch.tree.hash, comment)
      if log.name == nil {
        let first = model.blocks.indices.first { model.get($0) == nil } ?? model.blocks.count
        #expect(log.contiguousLength == UInt64(first), comment)
        if log.fork > 0 || !model.blocks.isEmpty {
          #expect(try log.verifier.accepts(batch.tree, signature: log.head().signature), comment)
        }
        if let last = model.blocks.indices.last, model.get(last) != nil {
          let request = ProofRequest(
            block: .init(index: UInt64(last), nodes: 0), upgrade: .init(start: 0, length: log.length), manifest: true)
          let proof = try log.proof(for: request)
          let checker = ProofChecker(
            key: log.key, manifest: nil, tree: MerkleTree(fork: log.fork), nodes: NodeTable())
          #expect(try checker.check(proof)?.batch.tree == batch.tree, comment)
        }
      }
    }
  }

  private func compare(_ snapshot: KeptSnapshot, _ comment: Comment) throws {
    let model = snapshot.model
    #expect(snapshot.session.length == UInt64(model.blocks.count), comment)
    for index in model.blocks.indices {
      do {
        let found = try snapshot.session.get(UInt64(index))
        #expect(found == model.get(index) || (snapshot.mayLose && found == nil), comment)
      } catch SessionError.snapshotNotAvailable {
        // What was not stored when the snapshot was taken cannot be kept for it either.
        #expect(snapshot.mayLose || model.get(index) == nil, comment)
      }
    }
  }
}
