import Autobase
import AutobaseClassic
import CompactEncoding
import Hypercore
import TestSupport
import Testing

/// Views over oplogs of the consensus engine: read-only inputs, in which some messages have no value.
@Suite struct OplogViewTests {
  @Test func `Messages without a value are part of the order, and not applied`() throws {
    let (a, b) = (KeyedMemoryLog(key: ViewWorld.key(1)), KeyedMemoryLog(key: ViewWorld.key(2)))
    let output = KeyedMemoryLog(key: ViewWorld.key(3))
    var applied: [String] = []
    let base = ClassicAutobase(inputs: [a, b], localOutput: output, autostart: true) { batch, context in
      applied.append(batch.map { String(decoding: $0.node.value!, as: UTF8.self) }.joined(separator: "+"))
      try context.view.append(batch.map { $0.node.value! })
    }
    let view = try #require(base.view)
    func write(_ log: KeyedMemoryLog, heads: [(KeyedMemoryLog, UInt64)], _ values: [String?]) throws {
      for (index, value) in values.enumerated() {
        let heads =
          index == 0
          ? heads.map { Checkout(key: $0.0.key, length: $0.1) } : [Checkout(key: log.key, length: log.length)]
        let message = OplogMessage(
          heads: heads, batch: UInt64(values.count - index), value: value.map { Array($0.utf8) })
        try log.append([message.encoded()])
      }
    }
    try write(a, heads: [], ["a0"])
    try write(b, heads: [(a, 1)], [nil])
    try view.update()
    #expect(try texts(view) == ["a0"])
    #expect(try view.update() == ViewStatus())
    try write(a, heads: [(b, 1)], ["a1", nil, "a3"])
    try write(b, heads: [(a, 4)], [nil, nil])
    try view.update()
    #expect(applied == ["a0", "a1+a3"])
    #expect(try view.update() == ViewStatus())
    #expect(view.length == 3)
    #expect(try view.node(at: 2).operations == 5)
    // A new process applies nothing again.
    let again = ClassicAutobase(inputs: [a, b], localOutput: output, autostart: true) { _, _ in
      Issue.record("applied again")
    }
    #expect(try again.view?.update() == ViewStatus())
    #expect(output.length == 3)
  }
}
