import AutobaseClassic
import CompactEncoding
import Corestore
import Hypercore
import TestSupport
import Testing

/// Remote outputs of which not all is here, and such that change under a reader.
@Suite struct SparseOutputTests {
  /// A copy of a log that has only some blocks.
  private final class SparseLog: CausalLog {
    let log: KeyedMemoryLog
    var missing: Set<UInt64> = []
    init(_ log: KeyedMemoryLog) { self.log = log }
    var key: Fixed32 { log.key }
    var length: UInt64 { log.length }
    var fork: UInt64 { log.fork }
    func snapshot() throws -> any ReadableLog { self }
    func block(at index: UInt64) throws -> [UInt8] {
      if missing.contains(index) { throw LogError.blockNotAvailable(index: index, length: length) }
      return try log.block(at: index)
    }
  }

  @Test func `An output that cannot be read is left out and told, and used when its blocks have come`() throws {
    for (format, index) in [(.alpha8, 0), (.alpha8, 5), (.alpha9, 0), (.alpha9, 5)] as [(NodeFormat, UInt64)] {
      let world = ViewWorld("ab", format: format)
      let output = world.output()
      try world.write("a", 0..<4)
      try world.write("b", 0..<2)
      try world.view(local: output).update()
      let copy = SparseLog(output)
      copy.missing = [index]
      let view = world.view(outputs: [copy])
      try view.update()
      #expect(view.status.added == 6)
      let error = try #require(view.unreadableOutputs.first?.error as? ClassicError)
      #expect(error == .unavailable(key: copy.key, seq: index, length: 6))
      #expect(view.unreadableOutputs.count == 1)
      try view.update()
      #expect(view.status == ViewStatus())
      #expect(view.unreadableOutputs.count == 1)
      copy.missing = []
      try view.update()
      #expect(view.unreadableOutputs.isEmpty)
      #expect(view.status == ViewStatus())
      #expect(view.inMemoryLength == 0)
      try world.write("b", 2..<3)
      try view.update()
      #expect(view.unreadableOutputs.isEmpty)
      #expect(view.trunk?.key == copy.key)
      #expect(view.inMemoryLength == 1)
      #expect(try texts(view) == list("a0 a1 a2 a3 b0 b1 b2"))
    }
  }

  @Test func `Blocks in the middle of an output are not needed to go on, but to be read`() throws {
    let world = ViewWorld("ab")
    let output = world.output()
    try world.write("a", 0..<4)
    try world.write("b", 0..<2)
    try world.view(local: output).update()
    let copy = SparseLog(output)
    copy.missing = [1, 2]
    let view = world.view(outputs: [copy])
    try view.update()
    #expect(view.trunk?.length == 6)
    #expect(throws: ClassicError.unavailable(key: copy.key, seq: 1, length: 6)) { try view.value(at: 1) }
    copy.missing = []
    #expect(try texts(view) == list("a0 a1 a2 a3 b0 b1"))
  }

  @Test func `What is appended by apply over blocks that are not here is not kept`() throws {
    let world = ViewWorld("ab")
    let output = world.output()
    let readsBack: ApplyFunction = { batch, context in
      let view = context.view
      let first = view.length > 0 ? try view.value(at: 0) : []
      try view.append(batch.map { first + $0.node.value! })
    }
    try world.write("a", 0..<3)
    try world.view(local: output, apply: readsBack).update()
    let copy = SparseLog(output)
    let view = world.view(outputs: [copy], apply: readsBack)
    try view.update()
    try world.write("a", 3..<4)
    copy.missing = [0]
    do {
      try view.update()
      Issue.record("the update worked")
    } catch let error as ApplyError {
      #expect(error.underlying as? ClassicError == .unavailable(key: copy.key, seq: 0, length: 3))
    }
    #expect(view.length == 3)
    copy.missing = []
    try view.update()
    #expect(try texts(view) == list("a0 a0a1 a0a2 a0a3"))
  }

  @Test func `An output that is truncated under a reader`() throws {
    let world = ViewWorld("ab")
    let store = try Corestore.inMemory()
    let output = try store.get(name: "output")
    let writer = world.view(local: output)
    let reader = world.view(outputs: [try store.get(key: output.key)])
    try world.write("a", 0..<3)
    try world.write("b", 0..<2)
    try writer.update()
    try reader.update()
    #expect(try texts(reader) == list("a0 a1 a2 b0 b1"))
    let snapshot = try reader.viewSnapshot()
    try world.write("b", 2..<6)
    try writer.update()
    #expect(output.fork == 1)
    // The reader still shows what it did.
    #expect(try texts(reader) == list("a0 a1 a2 b0 b1"))
    #expect(try snapshot.value(at: 4) == Array("b1".utf8))
    try reader.update()
    #expect(reader.status == ViewStatus(added: 0, removed: 5))
    #expect(try texts(reader) == list("b0 b1 b2 b3 b4 b5 a0 a1 a2"))
    #expect(reader.inMemoryLength == 0)
    #expect(try snapshot.value(at: 4) == Array("b1".utf8))
  }

  @Test func `Any output that others give is read without harm`() throws {
    var read = 0
    for format in [NodeFormat.alpha8, .alpha9] {
      let world = ViewWorld("abc", format: format)
      try world.write("a", 0..<3)
      try world.write("b", 0..<2, .all)
      try world.batch("c", ["c0", "c1"])
      let output = world.output()
      try world.view(local: output).update()
      let expected = output.blocks.count
      for (index, block) in output.blocks.enumerated() {
        for place in block.indices {
          for byte in [0, 0xff, block[place] ^ 1, block[place] &+ 1] as [UInt8] where byte != block[place] {
            var blocks = output.blocks
            blocks[index][place] = byte
            let base = world.base(outputs: [KeyedMemoryLog(key: output.key, blocks)])
            let view = try #require(base.view)
            try view.update()
            // The output is trusted to be a view: which one, it says.
            #expect(view.length <= output.length + UInt64(expected), "byte \(place) of block \(index)")
            for index in 0..<view.length { _ = try? view.node(at: index) }
            read += 1
          }
        }
      }
    }
    #expect(read > 0)
  }
}
