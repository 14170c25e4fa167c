import AutobaseClassic
import CompactEncoding
import Corestore
import Hypercore
import Testing

/// Inputs that are signed logs of a store.
@Suite struct HypercoreInputTests {
  @Test func `Signed logs are inputs, and tell a base when they grow`() throws {
    let store = try Corestore.inMemory()
    let (a, b) = try (store.get(name: "a"), store.get(name: "b"))
    let base = ClassicAutobase(inputs: [a, b], localInput: a)
    var changes = 0
    base.onChange = { changes += 1 }
    try base.append([Array("a0".utf8)], clock: [:])
    try base.append([Array("b0".utf8), Array("b1".utf8)], clock: CausalClock?.none, input: b)
    try base.append([Array("a1".utf8)])
    #expect(changes == 3)
    var stream = try base.causalStream()
    #expect(try TestBase.text(&stream) == "a1 b1 b0 a0")
    #expect(ClassicAutobase.isAutobase(a))

    // Somebody else appends, in the same process.
    var options = ReadStream.Options()
    (options.isLive, options.isTail) = (true, true)
    var live = base.readStream(options)
    #expect(try live.step() == .waiting)
    let other = ClassicAutobase(inputs: [a, b], localInput: try store.get(name: "b"))
    try other.append([Array("b2".utf8)])
    #expect(changes == 4)
    #expect(try live.next().map { TestBase.text($0) } == "b2")
  }

  @Test func `An append inside a transaction that is undone leaves nothing behind`() throws {
    struct Undone: Error {}
    let store = try Corestore.inMemory()
    let (a, b) = try (store.get(name: "a"), store.get(name: "b"))
    let base = ClassicAutobase(inputs: [a, b], localInput: a)
    try base.append([1], input: b)
    #expect(throws: Undone.self) {
      try a.writing {
        try base.append([2])
        throw Undone()
      }
    }
    #expect(base.clock() == [b.key: 1])
    try base.append([3])
    #expect(try base.node(a.key, 0).clock == [b.key: 0])
    #expect(try Alpha9Block.keys(of: a.block(at: 0)).count == 1)
  }

  @Test func `Changes of members close what was observed`() throws {
    let store = try Corestore.inMemory()
    let (a, b) = try (store.get(name: "a"), store.get(name: "b"))
    let base = ClassicAutobase(inputs: [a, b])
    var changes = 0
    base.onChange = { changes += 1 }
    try base.removeInput(b.key)
    #expect(changes == 1)
    try base.append([1], input: b)
    #expect(changes == 1)
    try base.append([1], input: a)
    #expect(changes == 2)
    base.close()
    #expect(changes == 2)
  }
}
