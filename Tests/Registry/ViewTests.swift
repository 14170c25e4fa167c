import CompactEncoding
import HyperDB
import Hypercore
import Registry
import TestSupport
import Testing

@Suite struct ViewTests {
  private func entry(_ name: String, _ key: UInt8, _ type: String, owner: String? = nil) -> Entry {
    Entry(name: name, driveKey: key32(key), type: type, owner: owner)
  }

  private func key32(_ byte: UInt8) -> Fixed32 { Fixed32([UInt8](repeating: byte, count: 32)) ?? Fixed32() }

  // The five database tests of the workshop.

  @Test func putAndGet() throws {
    let view = RegistryView(MemoryLog())
    let full = Entry(name: "e1", driveKey: key32(1), type: "t", description: "d", owner: "o")
    try view.put(full)
    try view.put(entry("e2", 2, "t"))
    #expect(try view.get("e1") == full)
    #expect(try view.get("e2") == entry("e2", 2, "t"))
    #expect(try view.get("e2")?.description == nil)
    #expect(try view.get("nope") == nil)
    #expect(try view.count() == 2)
  }

  @Test func byDriveKey() throws {
    let view = RegistryView(MemoryLog())
    for name in ["b", "a"] { try view.put(entry(name, 1, "t")) }
    try view.put(entry("c", 2, "t"))
    #expect(try view.get(driveKey: key32(1))?.name == "a")
    #expect(try view.get(driveKey: key32(2))?.name == "c")
    #expect(try view.get(driveKey: key32(3)) == nil)
  }

  @Test func byType() throws {
    let view = RegistryView(MemoryLog())
    for (name, type) in [("e1", "type1"), ("e2", "type1"), ("e3", "type2")] { try view.put(entry(name, 1, type)) }
    #expect(try view.entries(ofType: "type1").map(\.name) == ["e1", "e2"])
    #expect(try view.entries(ofType: "type2").map(\.name) == ["e3"])
    #expect(try view.entries(ofType: "type").isEmpty)
  }

  @Test func deleting() throws {
    let log = MemoryLog()
    let view = RegistryView(log)
    try view.put(entry("e1", 1, "t"))
    try view.delete("e1")
    #expect(try view.get("e1") == nil)
    #expect(try view.get(driveKey: key32(1)) == nil)
    let length = log.length
    try view.delete("e1")
    #expect(log.length == length, "an unknown name appends nothing")
  }

  @Test func byOwner() throws {
    let view = RegistryView(MemoryLog())
    try view.put(entry("e1", 1, "t", owner: "John"))
    try view.put(entry("e2", 1, "t", owner: "Ann"))
    try view.put(entry("e3", 1, "t", owner: "John"))
    try view.put(entry("e4", 1, "t"))
    #expect(try view.entries(ofOwner: "John").map(\.name) == ["e1", "e3"])
    #expect(try view.entries(ofOwner: "Ann").map(\.name) == ["e2"])
    #expect(try view.entries(ofOwner: "Eve").isEmpty)
    #expect(try view.entries(ofOwner: "").map(\.name) == ["e4"])
  }

  @Test func theSameEntryAppendsNothing() throws {
    let log = MemoryLog()
    let view = RegistryView(log)
    try view.put(entry("e1", 1, "t"))
    let length = log.length
    try view.put(entry("e1", 1, "t"))
    #expect(log.length == length)
    try view.put(entry("e1", 1, "u"))
    #expect(log.length == length + 3, "one index key moves: delete, put, record")
  }

  @Test func snapshotsStay() throws {
    let view = RegistryView(MemoryLog())
    try view.put(entry("e1", 1, "t"))
    let snapshot = try view.snapshot()
    try view.delete("e1")
    #expect(try snapshot.get("e1") != nil)
    #expect(try view.get("e1") == nil)
  }

  /// Random changes and every kind of listing against a dictionary, page by page in both directions.
  @Test(arguments: 0..<8 as Range<UInt64>)
  func listingsMatchAModel(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let view = RegistryView(MemoryLog())
    var model: [String: Entry] = [:]
    for _ in 0..<150 {
      let name = "n\(random.next() % 60)" + (random.next() % 4 == 0 ? "é\u{0}x" : "")
      if random.next() % 4 == 0 {
        try view.delete(name)
        model[name] = nil
      } else {
        let owner = random.next() % 3
        let entry = Entry(
          name: name, driveKey: key32(UInt8(random.next() % 4)), type: "t\(random.next() % 3)",
          owner: owner == 0 ? nil : "o\(owner)")
        try view.put(entry)
        model[name] = entry
      }
    }
    let sorted = model.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    #expect(try view.count() == sorted.count)
    let filters: [(ListRequest, (Entry) -> Bool)] = [
      (ListRequest(), { _ in true }), (ListRequest(type: "t1"), { $0.type == "t1" }),
      (ListRequest(owner: "o2"), { $0.owner == "o2" }),
      (ListRequest(driveKey: key32(2)), { [key = key32(2)] in $0.driveKey == key }),
      (ListRequest(type: "t2", owner: "o1"), { $0.type == "t2" }), (ListRequest(type: "none"), { _ in false }),
    ]
    for (request, isIncluded) in filters {
      for reverse in [false, true] {
        for limit in [1, 3, 7, 1000] as [UInt64] {
          var request = request
          request.reverse = reverse
          request.limit = limit
          var found: [Entry] = []
          while true {
            let page = try view.list(request)
            #expect(page.entries.count <= Int(limit))
            found += page.entries
            guard let next = page.next else { break }
            request.after = next
          }
          let expected = sorted.filter(isIncluded)
          #expect(found == (reverse ? expected.reversed() : expected), "seed \(seed), \(request)")
        }
      }
    }
  }

  @Test func limits() {
    #expect(ListRequest().effectiveLimit == 100)
    #expect(ListRequest(limit: 5).effectiveLimit == 5)
    #expect(ListRequest(limit: maximumSafeInteger).effectiveLimit == 1000)
  }
}
