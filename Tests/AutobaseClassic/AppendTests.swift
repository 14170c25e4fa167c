import Autobase
import AutobaseClassic
import CompactEncoding
import Hypercore
import Testing

@Suite struct AppendTests {
  @Test func `Without a local input, an input must be named`() throws {
    let scene = TestBase(1)
    #expect(throws: ClassicError.notWritable(nil)) { try scene.base.append([1]) }
    scene.base.localInput = scene.a
    #expect(try scene.base.append([1]) == 1)
    #expect(try scene.base.append([[2], [3]], clock: [ClockEntry]?.none) == 3)
    #expect(try scene.base.append([], clock: [ClockEntry]?.none) == 3)
    #expect(scene.a.length == 3)
  }

  @Test func `Links to inputs that were removed are carried on`() throws {
    for format in [NodeFormat.alpha8, .alpha9] {
      var options = ClassicAutobase.Options()
      options.newFormat = format
      let scene = TestBase(2, options: options)
      try scene.fork(scene.b, 2)
      try scene.merge(scene.a)
      try scene.base.removeInput(scene.b.key)
      try scene.merge(scene.a)
      #expect(try scene.base.node(scene.a.key, 1).clock == [scene.a.key: 0, scene.b.key: 1])
      #expect(try scene.causal() == "a1 a0")
      try scene.base.addInput(scene.b)
      #expect(try scene.causal() == "a1 a0 b1 b0")
    }
  }

  @Test func `A log is continued in its own layout`() throws {
    for format in [NodeFormat.alpha8, .alpha9] {
      var options = ClassicAutobase.Options()
      options.newFormat = format
      let scene = TestBase(2, options: options)
      try scene.fork(scene.a, 1)
      options.newFormat = format == .alpha8 ? .alpha9 : .alpha8
      let other = ClassicAutobase(inputs: scene.logs, localInput: scene.a, options: options)
      try other.append([7])
      #expect(NodeFormat.detect(firstBlock: try scene.a.block(at: 0))?.format == format)
      let last = try scene.a.block(at: 1)
      #expect(format == .alpha8 ? last[0] == 0 : last[0] & 16 != 0)
      #expect(try other.node(scene.a.key, 1).value == [7])
    }
  }

  @Test func `A process that opens a log again points to the keys of its newest block`() throws {
    let scene = TestBase(3)
    for log in scene.logs { try scene.merge(log) }
    try scene.merge(scene.a)
    let again = ClassicAutobase(inputs: scene.logs, localInput: scene.a)
    try again.append([1])
    #expect(try Alpha9Block.keys(of: scene.a.block(at: 1)).count == 3)
    #expect(try Alpha9Block.keys(of: scene.a.block(at: 2)).isEmpty)
    #expect(try again.node(scene.a.key, 2).clock == [scene.a.key: 1, scene.b.key: 0, scene.c.key: 0])
  }

  @Test func `An append that is undone takes its keys with it`() throws {
    let scene = TestBase(2)
    try scene.fork(scene.b, 1)
    try scene.fork(scene.a, 1)
    try scene.merge(scene.a)
    try scene.a.truncate(to: 1)
    try scene.merge(scene.a)
    #expect(try Alpha9Block.keys(of: scene.a.block(at: 1)).count == 2)
    #expect(try scene.base.node(scene.a.key, 1).clock == [scene.a.key: 0, scene.b.key: 0])
  }

  @Test func `Oplogs are read only`() throws {
    let log = TestBase.log(0)
    try log.append([OplogMessage(heads: [], value: [1]).encoded()])
    let base = ClassicAutobase(inputs: [log], localInput: log)
    #expect(throws: ClassicError.notWritable(log.key)) { try base.append([2]) }
    base.close()
    #expect(throws: ClassicError.closed) { try base.append([2]) }
    #expect(throws: ClassicError.closed) { try base.addInput(TestBase.log(1)) }
  }

  @Test func `Classic inputs and oplogs share one order`() throws {
    let (a, b) = (TestBase.log(0), TestBase.log(1))
    let base = ClassicAutobase(inputs: [a, b])
    try base.append([Array("a0".utf8)], clock: CausalClock(), input: a)
    try b.append([
      OplogMessage(heads: [Checkout(key: a.key, length: 1)], value: Array("b0".utf8)).encoded(),
      OplogMessage(heads: [Checkout(key: b.key, length: 1)], value: nil).encoded(),
    ])
    try base.append([Array("a1".utf8)], input: a)
    var stream = try base.causalStream()
    #expect(try TestBase.text(&stream) == "a1 b0 a0")
    stream = try base.causalStream(includesAcks: true)
    #expect(try stream.next()?.operations == 4)
    #expect(try stream.next()?.node.value == nil)
    #expect(try base.node(b.key, 1).clock == [a.key: 0, b.key: 0])
  }
}
