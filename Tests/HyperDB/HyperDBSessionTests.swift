import CompactEncoding
import HyperDB
import Hypercore
import Hyperschema
import IndexEncoder
import JSON
import TestSupport
import Testing

@Suite struct HyperDBSessionTests {
  let log = MemoryLog()
  let database: HyperDB
  static let collection = "@registry/entry"

  init() throws { database = HyperDB(log, try Fixtures.registry()) }

  func entry(_ name: String, type: String = "t") -> Value {
    [
      "name": .string(name), "driveKey": .bytes([UInt8](repeating: 7, count: 32)), "type": .string(type),
      "unknown": "dropped",
    ]
  }

  func names(_ database: HyperDB, at version: UInt64? = nil) throws -> [String?] {
    try database.find(Self.collection, at: version).collect().map { $0["name"].string }
  }

  @Test func overlappingTransactionsExcludeEachOther() throws {
    let a = try database.transaction()
    let b = try database.transaction()
    try a.insert(Self.collection, entry("a"))
    try b.insert(Self.collection, entry("b"))
    try a.flush()
    #expect(throws: DatabaseError.changed) { try b.flush() }
    #expect(throws: DatabaseError.closed) { try a.get(Self.collection, ["name": "a"]) }
    #expect(try names(database) == ["a"])
    b.close()
    #expect(throws: DatabaseError.closed) { try b.flush() }
  }

  @Test func snapshotsStay() throws {
    try database.insert(Self.collection, entry("a"))
    let before = try database.snapshot()
    try database.flush()
    try database.insert(Self.collection, entry("b"))
    try database.flush()
    #expect(try names(before) == ["a"])
    #expect(throws: DatabaseError.readOnly) { try before.flush() }
    #expect(throws: DatabaseError.transactionNeedsMainInstance) { try before.transaction() }
    let stored = try database.snapshot()
    try log.truncate(to: 0)
    #expect(try names(stored) == ["a", "b"])
    #expect(throws: DatabaseError.truncated) { try names(database) }
    database.update()
    #expect(try names(database) == [])
  }

  @Test func earlierVersionsCanBeRead() throws {
    var versions: [UInt64] = []
    for name in ["a", "b", "c"] {
      versions.append(log.length)
      try database.insert(Self.collection, entry(name))
      try database.flush()
    }
    try database.insert(Self.collection, entry("pending"))
    #expect(try names(database, at: versions[2]) == ["a", "b"])
    #expect(try names(database, at: versions[0]) == [])
    #expect(try names(database) == ["a", "b", "c", "pending"])
  }

  @Test func updatingDropsWhatIsPending() throws {
    let follower = HyperDB(log, database.schema, autoUpdate: true)
    try follower.insert(Self.collection, entry("lost"))
    var calls = 0
    let watch = follower.watch { calls += 1 }
    try database.insert(Self.collection, entry("a"))
    try database.flush()
    #expect(try names(follower) == ["a"])
    #expect(calls == 1 && !follower.hasUpdates)
    let transaction = try follower.transaction()
    try transaction.insert(Self.collection, entry("b"))
    try transaction.flush()
    #expect(calls == 2)
    follower.unwatch(watch)
    try follower.insert(Self.collection, entry("c"))
    #expect(try follower.hasUpdate(Self.collection, ["name": "c"]))
    try follower.flush()
    #expect(calls == 2)
    #expect(try names(database) == ["a"])
    database.update()
    #expect(try names(database) == ["a", "b", "c"])
  }

  @Test func nothingToWriteWritesNothing() throws {
    try database.flush()
    try database.insert(Self.collection, entry("a"))
    try database.delete(Self.collection, ["name": "a"])
    try database.delete("@registry/nothing", ["name": "a"])
    try database.flush()
    #expect(log.length == 0)
    #expect(throws: DatabaseError.unknownCollection("@registry/nothing")) {
      try database.insert("@registry/nothing", entry("a"))
    }
    #expect(throws: EncodingError.self) { try database.insert(Self.collection, ["name": "a", "type": "t"]) }
    #expect(throws: DatabaseError.self) { try database.insert(Self.collection, "a") }
  }

  /// An index query gives the stored record where a pending change left the index key as it was.
  @Test func pendingChangesInIndexes() throws {
    try database.insert(Self.collection, entry("a"))
    try database.insert(Self.collection, entry("b", type: "u"))
    try database.flush()
    var changed = try #require(entry("a").record)
    changed["description"] = "new"
    try database.insert(Self.collection, .object(changed))
    try database.insert(Self.collection, entry("b", type: "t"))
    try database.insert(Self.collection, entry("c"))
    let found = try database.find("@registry/entry-by-type", .exactly(["type": "t"])).collect()
    #expect(found.map { $0["name"] } == ["a", "b", "c"])
    #expect(found[0]["description"] == .null)
    #expect(try database.get(Self.collection, ["name": "a"])?["description"] == "new")
    #expect(try database.get("@registry/entry-by-type", ["type": "u", "name": "b"]) == nil)
    #expect(try database.count("@registry/entry-by-type", .exactly(["type": "u"])) == 0)
  }

  @Test func liveChangesGoOn() throws {
    var changes = try database.changes(isLive: true)
    #expect(try changes.next() == nil)
    try database.insert(Self.collection, entry("a"))
    try database.flush()
    try database.delete(Self.collection, ["name": "a"])
    try database.flush()
    #expect(try changes.next()?.kind == .insert)
    let last = try changes.next()
    #expect(last?.kind == .delete && last?.value == ["name": "a"])
    #expect(try changes.next() == nil)
  }

  /// The version of a record can be kept in a field; then its collection can get indexes later.
  @Test func versionFieldKeepsOldRecordsReadable() throws {
    var structs = SchemaBuilder()
    try structs.register([
      "name": "p",
      "fields": [
        ["name": "id", "type": "uint", "required": true], ["name": "a", "type": "string"],
        ["name": "v", "type": "uint"],
      ],
    ])
    let schema = try Schema(structs.build())
    var builder = DatabaseBuilder(schema: schema)
    try builder.registerCollection(["name": "p", "schema": "p", "key": ["id"], "versionField": "v"])
    let first = builder.build()
    let old = HyperDB(log, try DatabaseSchema(first, schema: schema))
    try old.insert("p", ["id": 1, "a": "x"])
    try old.flush()
    var next = DatabaseBuilder(first, schema: schema)
    try next.registerIndex(["name": "by-a", "collection": "p", "key": ["a"]])
    let new = HyperDB(log, try DatabaseSchema(next.build(), schema: schema))
    #expect(try new.get("p", ["id": 1]) == ["id": 1, "a": "x", "v": 1])
    #expect(try new.count("by-a") == 0)
    try new.insert("p", ["id": 1, "a": "x"])
    try new.flush()
    #expect(try new.find("by-a").collect() == [["id": 1, "a": "x", "v": 2]])
  }

  /// Stored bytes may come from anybody: reading ends with a result or an error.
  @Test func mangledBlocksEnd() throws {
    for i in 0..<12 { try database.insert(Self.collection, entry("m\(i)", type: "t\(i % 3)")) }
    try database.flush()
    let blocks = log.blocks
    for block in 1..<blocks.count {
      for offset in blocks[block].indices {
        var mangled = blocks
        mangled[block][offset] ^= offset % 2 == 0 ? 0xff : 0x01
        let broken = HyperDB(MemoryLog(mangled), database.schema)
        _ = try? broken.find(Self.collection).collect()
        _ = try? broken.find("@registry/entry-by-owner", reverse: true).collect()
        _ = try? broken.get(Self.collection, ["name": "m3"])
        _ = try? broken.changes().collect()
        _ = try? broken.delete(Self.collection, ["name": "m5"])
        _ = try? broken.insert(Self.collection, entry("m6", type: "other"))
        _ = try? broken.flush()
      }
    }
  }

  @Test(arguments: [
    "{}", "[]", #"{"schema":[{"name":"a"}]}"#, #"{"schema":[{"name":"a","type":3}]}"#,
    #"{"schema":[{"name":"a","type":1,"indexes":["b"],"schema":"@registry/entry","key":["name"]}]}"#,
    #"{"schema":[{"name":"a","type":1,"indexes":[],"schema":"@registry/none","key":["name"]}]}"#,
    #"{"schema":[{"name":"a","type":1,"indexes":[],"schema":"@registry/entry","key":["none"]}]}"#,
    #"{"schema":[{"name":"a","type":1,"indexes":[],"schema":"@registry/entry","key":["name"],"trigger":"t"}]}"#,
    #"{"schema":[{"name":"a","type":2,"collection":"b","key":["name"]}]}"#,
    #"{"schema":[{"name":"a","type":2,"collection":"b","key":{"type":"string"}}]}"#,
    #"{"version":-1,"schema":[]}"#,
  ])
  func definitionsThatAreNone(text: String) throws {
    let json = try JSON(parsing: text)
    #expect(throws: DatabaseError.self) {
      try DatabaseSchema(DatabaseDefinition(json), schema: Fixtures.registrySchema())
    }
  }
}
