import Autobase
import CompactEncoding
import Glibc
import JSON
import Registry
import RegistryNode
import TestSupport
import Testing

@Suite struct HdbViewApplyTests {
  /// A registry in which everything happens that an order can hold.
  private func registry(_ count: Int = 40) throws -> RegistryStore {
    let registry = try RegistryStore()
    try registry.fill(count)
    try registry.append(.deleteEntry(EntryName("model-0003")), .putEntry(RegistryStore.entry(4, version: 2)))
    try registry.append(.addWriter(WriterKey(RegistryStore.entry(1).driveKey)), .putEntry(RegistryStore.entry(5)))
    try registry.node.base.append([[9, 9], [1, 0xff]])
    if let local = registry.node.localKey { try registry.append(.removeWriter(WriterKey(local))) }
    try registry.append(.putEntry(RegistryStore.entry(count)))
    return registry
  }

  private func info(_ store: Store) throws -> JSON {
    let result = try store.run("hdb-view", ["info", "--json"])
    #expect(result.status == 0, "\(result.messages)")
    return try JSON(parsing: result.text)
  }

  private func apply(_ records: [[UInt8]], to store: Store, _ arguments: String...) throws -> Command.Result {
    try store.run("hdb-view", ["apply", "--sync", "normal"] + arguments, input: RegistryStore.stream(records))
  }

  /// The lengths of the order at which an atomic batch ends.
  private func ends(_ records: [[UInt8]]) throws -> [Int] {
    try records.indices.filter { try JSON(parsing: records[$0]).number("batch") == 1 }.map { $0 + 1 }
  }

  private func expectSame(_ a: JSON, _ b: JSON) {
    for member in ["length", "treeHash", "entries"] { #expect(a[member] == b[member], "\(member)") }
  }

  @Test func theViewIsTheNodesOwn() throws {
    let registry = try registry()
    let elsewhere = Store()
    let applied = try apply(registry.records(), to: elsewhere, "--json")
    #expect(applied.status == 0, "\(applied.messages)")
    #expect(applied.messages.contains("ignored 1 operations: their number is unknown"))
    let own = try info(registry.store)
    try expectSame(own, info(elsewhere))
    #expect(try JSON(parsing: applied.lines[0])["treeHash"] == own["treeHash"])
    #expect(try elsewhere.log("verify").status == 0)
  }

  @Test func whatComesAgainChangesNothing() throws {
    let registry = try registry()
    let elsewhere = Store()
    let records = try registry.records(tip: 10)
    // Any atomic batch may be the last one.
    for end in try ends(records).filter({ $0 % 3 == 0 }) + [records.count] {
      #expect(try apply(Array(records[..<end]), to: elsewhere).status == 0)
    }
    let again = try apply(records, to: elsewhere)
    #expect(again.messages.contains("applied 0 of \(records.count) nodes"))
    try expectSame(info(registry.store), info(elsewhere))
    // The rest alone does as well, from a place that was kept.
    try registry.fill(5, from: 50)
    #expect(try apply(Array(registry.records()[records.count...]), to: elsewhere).status == 0)
    try expectSame(info(registry.store), info(elsewhere))
  }

  @Test func anotherOrderReplacesTheEnd() throws {
    let first = try registry(20)
    let second = try registry(31)
    let elsewhere = Store()
    for registry in [first, second, first] {
      let applied = try apply(registry.records(), to: elsewhere)
      #expect(applied.status == 0, "\(applied.messages)")
      try expectSame(info(registry.store), info(elsewhere))
    }
    // A truncation in the stream goes back to where the order was not final.
    let records = try second.records(tip: 1000)
    let cut = try ends(records)[5]
    let truncation = Array("{\"type\":\"truncate\",\"length\":\(cut)}\n".utf8)
    #expect(try apply(records + [truncation] + records[cut...], to: elsewhere, "--log", "other").status == 0)
    try expectSame(
      info(second.store), JSON(parsing: elsewhere.run("hdb-view", ["info", "--json", "--view", "other"]).text))
  }

  @Test func twoWritersAndTheirTipAgree() throws {
    let (ann, bob) = try pair()
    // Nobody has signed yet what both have seen.
    try ann.fill(9)
    try bob.fill(12, from: 100)
    let own = try info(ann.store)
    #expect(try #require(own["signedLength"]?.unsigned) < #require(own["length"]?.unsigned))
    try ann.append(.putEntry(RegistryStore.entry(3, version: 2)))
    #expect(try ann.view("get", "model-0003", "--at", "signed").status == 1)
    #expect(try ann.view("get", "model-0003").status == 0)
    let elsewhere = Store()
    func compare() throws {
      let order = try ann.store.run("ab-linearize", ["order"])
      #expect(order.status == 0, "\(order.messages)")
      let applied = try elsewhere.run("hdb-view", ["apply", "--sync", "normal"], input: order.output)
      #expect(applied.status == 0, "\(applied.messages)")
      try expectSame(info(ann.store), info(elsewhere))
    }
    try compare()
    for _ in 0..<3 {
      try ann.receive(from: bob)
      try compare()
      try bob.receive(from: ann)
      try bob.node.base.appendAck()
      try ann.node.base.appendAck()
    }
    // What a removed writer says afterwards is part of the order, and does nothing.
    if let key = bob.node.localKey { try ann.append(.removeWriter(WriterKey(key))) }
    try bob.fill(5, from: 200)
    for _ in 0..<3 {
      try ann.receive(from: bob)
      try ann.node.base.appendAck()
      try compare()
    }
  }

  @Test func watchTellsWhenTheOrderChanges() throws {
    let (ann, bob) = try pair()
    let watch = try ann.store.command("hdb-view", ["watch", "--json", "--timeout", "20s", "--at", "0"]).start()
    try ann.fill(5)
    try watch.wait { output, _ in output.contains("model-0004") }
    try bob.fill(8, from: 100)
    try ann.receive(from: bob)
    try watch.wait { output, _ in output.contains("model-0107") }
    watch.signal(SIGTERM)
    var told: [UInt64: JSON] = [:]
    for line in try watch.finish().lines {
      let change = try JSON(parsing: line)
      if change["op"] == "truncate" {
        let length = try change.number("length")
        told = told.filter { $0.key < length }
      } else {
        told[try change.number("seq")] = change
      }
    }
    let history = try ann.view("history", "--json").lines
    #expect(told.sorted { $0.key < $1.key }.map { $0.value.text() } == history)
  }

  /// Two nodes that are both indexers of one registry.
  private func pair() throws -> (RegistryStore, RegistryStore) {
    let ann = try RegistryStore()
    let bob = try RegistryStore(seed: 2, of: ann)
    if let key = bob.node.localKey { try ann.append(.addWriter(WriterKey(key))) }
    try bob.receive(from: ann)
    try bob.node.base.appendAck()
    try ann.receive(from: bob)
    try ann.node.base.appendAck()
    try bob.receive(from: ann)
    try bob.node.base.appendAck()
    try ann.receive(from: bob)
    return (ann, bob)
  }

  @Test func badOrdersAreRefusedAndChangeNothing() throws {
    let registry = try registry(20)
    let records = try registry.records()
    let elsewhere = Store()
    #expect(try apply(records, to: elsewhere).status == 0)
    let before = try info(elsewhere)
    let stream = RegistryStore.stream(records)
    func run(_ input: [UInt8]) throws -> Int32 { try elsewhere.run("hdb-view", ["apply"], input: input).status }
    #expect(try run([]) == 4)
    // Cut off within its last line, and before it.
    #expect(try run(Array(stream.dropLast(5))) == 4)
    #expect(try run(Array(stream.dropLast(30))) == 4)
    #expect(try run(records.flatMap { $0 }) == 4)
    #expect(try run(RegistryStore.stream(records + records)) == 2)
    #expect(try run(Array("nonsense\n".utf8)) == 2)
    #expect(try run(RegistryStore.stream(Array(records[5...]))) == 2)
    let block = Array("{\"type\":\"block\",\"core\":\"\(registry.node.base.key)\",\"seq\":0,\"value\":\"00\"}\n".utf8)
    #expect(try run(RegistryStore.stream([block])) == 2)
    try expectSame(before, info(elsewhere))
    _ = try elsewhere.log("create", "events")
    _ = try elsewhere.log("append", "events", input: [0x61, 0x0a])
    #expect(try apply(records, to: elsewhere, "--log", "events").status == 5)
  }
}
