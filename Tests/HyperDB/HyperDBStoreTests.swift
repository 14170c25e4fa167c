import CompactEncoding
import Corestore
import HyperDB
import Hypercore
import TestSupport
import Testing

/// Databases of several connections over one log in one store, whose transactions are sometimes undone and whose log
/// is sometimes truncated: what one of them keeps in memory must never show what is no longer stored.
@Suite struct HyperDBStoreTests {
  struct Undone: Error {}

  @Test(arguments: [1, 2, 3] as [UInt64])
  func connectionsAgree(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let directory = TemporaryDirectory()
    let stores = try (0..<3).map { _ in try Corestore(directory: directory.path) }
    let logs = try stores.map { try $0.get(name: "log") }
    let schema = try Fixtures.registry()
    let databases = logs.map { HyperDB($0, schema) }
    var history: [(length: UInt64, records: [String: String])] = [(0, [:])]
    for step in 0..<80 {
      let comment: Comment = "seed \(seed) step \(step)"
      let writer = Int(random.next() % 3)
      let database = databases[writer]
      var records = history[history.count - 1].records
      switch random.next() % 6 {
      case 0:
        #expect(throws: Undone.self, comment) {
          try stores[writer].write {
            try change(database, &records, &random)
            _ = try database.find("@registry/entry-by-type").collect()
            throw Undone()
          }
        }
      case 1 where history.count > 2:
        history.removeLast(1 + Int(random.next() % UInt64(history.count - 1)))
        try logs[writer].truncate(to: history[history.count - 1].length)
      default:
        try change(database, &records, &random)
        history.append((logs[writer].length, records))
      }
      for reader in databases where random.next() % 2 == 0 {
        try check(reader, history[history.count - 1].records, comment)
      }
    }
    let blocks = try (0..<logs[0].length).map { try logs[0].block(at: $0) }
    let plain = HyperDB(MemoryLog(blocks), schema)
    try check(plain, history[history.count - 1].records, "seed \(seed)")
    for database in databases { try check(database, history[history.count - 1].records, "seed \(seed)") }
  }

  func change(
    _ database: HyperDB, _ records: inout [String: String], _ random: inout SeededGenerator
  ) throws {
    let transaction = try database.transaction()
    for _ in 0..<1 + random.next() % 4 {
      let name = "n\(random.next() % 40)"
      if random.next() % 3 == 0 {
        try transaction.delete("@registry/entry", ["name": .string(name)])
        records[name] = nil
      } else {
        let type = "t\(random.next() % 1000)"
        try transaction.insert(
          "@registry/entry",
          ["name": .string(name), "type": .string(type), "driveKey": .bytes([UInt8](repeating: 1, count: 32))])
        records[name] = type
      }
    }
    try transaction.flush()
  }

  func check(_ database: HyperDB, _ records: [String: String], _ comment: Comment) throws {
    database.update()
    let found = try database.find("@registry/entry").collect()
    #expect(found.map { $0["name"].string } == records.keys.sorted(), comment)
    for record in found {
      #expect(record["type"].string == records[record["name"].string ?? ""], comment)
      #expect(try database.get("@registry/entry", ["name": record["name"]]) == record, comment)
      #expect(try database.get("@registry/entry-by-type", record) == record, comment)
    }
    #expect(try database.count("@registry/entry-by-type") == records.count, comment)
  }
}
