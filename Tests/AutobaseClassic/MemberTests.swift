import Autobase
import AutobaseClassic
import CompactEncoding
import Hypercore
import Testing

@Suite struct MemberTests {
  @Test func `Two batches of changes conflict`() throws {
    let base = TestBase(1).base
    let (first, second) = (base.memberBatch(), base.memberBatch())
    first.addInput(TestBase.log(1))
    first.addOutput(TestBase.log(5))
    first.addInput(TestBase.log(2))
    first.removeInput(TestBase.log(1).key)
    second.addInput(TestBase.log(3))
    try first.commit()
    #expect(base.inputs.map { TestBase.name($0.key) } == ["a", "c"])
    #expect(base.outputs.map { TestBase.name($0.key) } == ["f"])
    #expect(throws: ClassicError.batchOutOfDate) { try second.commit() }
    #expect(throws: ClassicError.batchOutOfDate) { try first.commit() }
    #expect(base.inputs.count == 2)
    try base.removeOutput(TestBase.log(5).key)
    #expect(base.outputs.isEmpty)
  }

  @Test func `A batch that fails changes nothing`() throws {
    let base = TestBase(1).base
    let batch = base.memberBatch()
    batch.addInput(TestBase.log(1))
    batch.freezeInput(TestBase.log(7).key, at: 0)
    #expect(throws: ClassicError.notAnInput(TestBase.log(7).key)) { try batch.commit() }
    #expect(base.inputs.count == 1)
  }

  @Test func `clock has lengths, latest has sequence numbers`() throws {
    let scene = TestBase(3)
    try scene.fork(scene.a, 3)
    try scene.fork(scene.b, 1)
    #expect(scene.base.clock().entries.map(\.length) == [3, 1])
    #expect(scene.base.clock()[scene.c.key] == 0)
    #expect(try scene.base.latest().entries.map(\.seq) == [2, 0])
    #expect(try scene.base.latest(scene.a.key) == [scene.a.key: 2])
    #expect(try scene.base.latest([scene.b.key, scene.c.key]) == [scene.b.key: 0])
    #expect(throws: ClassicError.notAnInput(TestBase.log(9).key)) { try scene.base.latest(TestBase.log(9).key) }
    #expect(CausalClock(scene.base.clock()) == (try scene.base.latest()))
    #expect(try scene.base.latest().operations == 4)
  }

  @Test func `A frozen input keeps its history and gets no further`() throws {
    let scene = TestBase(2)
    try scene.fork(scene.a, 2)
    try scene.merge(scene.b)
    try scene.base.freezeInput(scene.a.key, at: 2)
    try scene.fork(scene.a, 2)
    #expect(try scene.causal() == "b0 a1 a0")
    #expect(scene.base.clock()[scene.a.key] == 2)
    #expect(scene.base.frozenLength(of: scene.a.key) == 2)
    try scene.merge(scene.b)
    #expect(try scene.base.node(scene.b.key, 1).clock[scene.a.key] == 1)
    #expect(try scene.read().map { TestBase.text($0) } == ["a0", "a1", "b0", "b1"])
    try scene.base.thawInput(scene.a.key)
    #expect(try scene.causal() == "a3 a2 b1 b0 a1 a0")
  }

  @Test func `What is linked behind the end of a frozen input is not asked for`() throws {
    let scene = TestBase(2)
    try scene.fork(scene.a, 3)
    try scene.merge(scene.b)
    try scene.base.freezeInput(scene.a.key, at: 1)
    #expect(try scene.causal() == "b0 a0")
    try scene.base.freezeInput(scene.a.key, at: 0)
    #expect(try scene.causal() == "b0")
  }

  @Test func `Freezing tears no batch apart`() throws {
    for format in [NodeFormat.alpha8, .alpha9] {
      var options = ClassicAutobase.Options()
      options.newFormat = format
      let scene = TestBase(1, options: options)
      try scene.fork(scene.a, 1)
      try scene.batch(scene.a, 3, clock: CausalClock())
      for length in 1...3 as ClosedRange<UInt64> {
        try scene.base.freezeInput(scene.a.key, at: length)
        #expect(scene.base.frozenLength(of: scene.a.key) == 1)
      }
      try scene.base.freezeInput(scene.a.key, at: 4)
      #expect(try scene.causal() == "a3 a2 a1 a0")
      try scene.base.freezeInput(scene.a.key, at: 9)
      #expect(scene.base.frozenLength(of: scene.a.key) == 9)
    }
  }

  @Test func `On a base that is not sparse, the newest clock is satisfiable`() throws {
    var options = ClassicAutobase.Options()
    options.isSparse = false
    let scene = TestBase(3)
    try scene.fork(scene.a, 1)
    try scene.batch(scene.b, 3, clock: scene.base.latest())
    try scene.merge(scene.c)
    try scene.merge(scene.a)
    // What a reader sees that has not got all of each log.
    func latest(_ lengths: [Int]) throws -> [UInt64?] {
      let logs = zip(scene.logs, lengths).map { KeyedMemoryLog(key: $0.key, Array($0.blocks.prefix($1))) }
      let clock = try ClassicAutobase(inputs: logs, options: options).latest()
      return logs.map { clock[$0.key] }
    }
    #expect(try latest([2, 3, 1]) == [1, 2, 0])
    #expect(try latest([1, 2, 0]) == [0, nil, nil])
    #expect(try latest([2, 3, 0]) == [0, 2, nil])
    #expect(try latest([2, 2, 1]) == [0, nil, nil])
    #expect(try latest([0, 3, 1]) == [nil, nil, nil])
    #expect(try latest([1, 3, 1]) == [0, 2, 0])
  }

  @Test func `A sparse base does not pass a link to what is not known`() throws {
    let scene = TestBase(2)
    try scene.fork(scene.a, 2)
    try scene.merge(scene.b)
    try scene.fork(scene.b, 1)
    let short = KeyedMemoryLog(key: scene.a.key, [try scene.a.block(at: 0)])
    let base = ClassicAutobase(inputs: [short, scene.b])
    var stream = try base.causalStream()
    let missing = ClassicError.unavailable(key: scene.a.key, seq: 1, length: 1)
    for _ in 0..<2 { #expect(throws: missing) { try stream.next() } }
    try short.append([scene.a.block(at: 1)])
    #expect(try TestBase.text(&stream) == "b1 b0 a0")
    stream = try base.causalStream()
    #expect(try TestBase.text(&stream) == "b1 b0 a1 a0")
  }

  @Test func `A stream goes on when a missing block has come`() throws {
    let scene = TestBase(2)
    try scene.fork(scene.a, 3)
    try scene.batch(scene.b, 3, clock: CausalClock())
    for missing in 0..<3 as Range<UInt64> {
      let logs = [SparseLog(scene.a, missing: [missing]), SparseLog(scene.b, missing: [missing])]
      let base = ClassicAutobase(inputs: logs)
      var stream = try base.causalStream()
      var values: [String] = []
      var count = 0
      while true {
        do {
          guard let entry = try stream.next() else { break }
          values.append(TestBase.text(entry.node))
        } catch ClassicError.unavailable(let key, let seq, _) {
          count += 1
          #expect(count < 9)
          let log = try #require(logs.first { $0.key == key })
          #expect(log.missing.contains(seq))
          log.missing.remove(seq)
        }
      }
      #expect(values == ["a2", "a1", "a0", "b2", "b1", "b0"])
      #expect(count == 2)
    }
  }

  @Test func `An input that is truncated ends streams that read it`() throws {
    let scene = TestBase(1)
    try scene.fork(scene.a, 200)
    var stream = try scene.base.causalStream()
    _ = try stream.next()
    var options = ReadStream.Options()
    options.isLive = true
    var (reading, waiting) = (scene.base.readStream(options), scene.base.readStream(options))
    _ = try reading.next()
    while try waiting.next() != nil {}
    try scene.a.truncate(to: 10)
    #expect(throws: ClassicError.truncated(key: scene.a.key)) { try waiting.next() }
    try scene.fork(scene.a, 200)
    #expect(throws: ClassicError.truncated(key: scene.a.key)) { while try stream.next() != nil {} }
    #expect(throws: ClassicError.truncated(key: scene.a.key)) { while try reading.next() != nil {} }
  }

  @Test func `A new stream reads an oplog as it is after a truncation`() throws {
    let (a, b) = (TestBase.log(0), TestBase.log(1))
    let base = ClassicAutobase(inputs: [a, b])
    func append(_ log: KeyedMemoryLog, _ heads: [Checkout]) throws {
      try log.append([OplogMessage(heads: heads, value: [UInt8(log.length)]).encoded()])
    }
    try append(a, [])
    try append(b, [Checkout(key: a.key, length: 1)])
    try append(a, [Checkout(key: b.key, length: 1)])
    #expect(try base.node(a.key, 1).clock == [a.key: 0, b.key: 0])
    try a.truncate(to: 1)
    try append(a, [])
    #expect(try base.node(a.key, 1).clock == [a.key: 0])
    var stream = try base.causalStream()
    #expect(try stream.rest().map(\.seq) == [1, 0, 0])
  }

  @Test func `Entries that depend on each other in a circle are refused`() throws {
    let scene = TestBase(2)
    for (log, other) in [(scene.a, scene.b), (scene.b, scene.a)] {
      try scene.base.append([[1]], clock: [other.key: 0], input: log)
    }
    var stream = try scene.base.causalStream()
    #expect(throws: ClassicError.cycle(keys: [scene.a.key, scene.b.key])) { try stream.next() }
    var read = scene.base.readStream()
    #expect(throws: ClassicError.cycle(keys: [scene.a.key, scene.b.key])) { try read.next() }
  }

  @Test func `Logs of other kinds are refused`() throws {
    let foreign = KeyedMemoryLog(key: TestBase.log(0).key, [Array("nothing of the kind".utf8)])
    var stream = try ClassicAutobase(inputs: [foreign]).causalStream()
    #expect(throws: ClassicError.unknownFormat(key: foreign.key)) { try stream.next() }
  }
}
