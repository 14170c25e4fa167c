import AutobaseClassic
import CompactEncoding
import Hypercore
import Testing

/// Acceptance cases 1 to 12.
@Suite struct CausalOrderTests {
  @Test func `Case 1: independent forks, the shortest first`() throws {
    let scene = TestBase(3)
    try scene.fork(scene.a, 1)
    try scene.fork(scene.b, 2)
    try scene.fork(scene.c, 3)
    #expect(try scene.causal() == "a0 b1 b0 c2 c1 c0")
    try scene.fork(scene.a, 3)
    #expect(try scene.causal() == "b1 b0 c2 c1 c0 a3 a2 a1 a0")
  }

  @Test func `Case 2: a branch that links another one`() throws {
    for (count, c, a) in [(3, "c2 c1 c0", "a3 a2 a1 a0"), (4, "c3 c2 c1 c0", "a4 a3 a2 a1 a0")] {
      let scene = TestBase(3)
      try scene.fork(scene.a, 1)
      let clock = try scene.base.latest(scene.a.key)
      for _ in 0..<2 { try scene.base.append([scene.next(scene.b)], clock: clock, input: scene.b) }
      try scene.fork(scene.c, count)
      #expect(try scene.causal() == "b1 b0 a0 \(c)")
      try scene.fork(scene.a, count)
      #expect(try scene.causal() == "b1 b0 \(c) \(a)")
    }
  }

  @Test func `Case 3: an explicit clock`() throws {
    let scene = TestBase(2)
    try scene.fork(scene.a, 2)
    try scene.base.append([scene.next(scene.b)], clock: [scene.a.key: 1], input: scene.b)
    try scene.fork(scene.b, 2)
    #expect(try scene.causal() == "b2 b1 b0 a1 a0")
  }

  @Test(arguments: [false, true])
  func `Cases 4 and 5: two bases with local inputs; duplicate inputs`(hasDuplicates: Bool) throws {
    let (a, b) = (TestBase.log(0), TestBase.log(1))
    let inputs = hasDuplicates ? [a, b, a, b] : [a, b]
    let first = ClassicAutobase(inputs: inputs, localInput: a)
    let second = ClassicAutobase(inputs: inputs, localInput: b)
    #expect(first.inputs.count == 2)
    for value in ["a0", "a1", "b0", "a2", "b1", "a3"] {
      try (value.hasPrefix("a") ? first : second).append(Array(value.utf8))
    }
    for base in [first, second] {
      var stream = try base.causalStream()
      var values: [String] = []
      while let entry = try stream.next() {
        values.append(TestBase.text(entry.node))
        #expect(TestBase.name(entry.node.key) == values.last?.prefix(1) ?? "")
      }
      #expect(values == ["a3", "b1", "a2", "b0", "a1", "a0"])
    }
  }

  @Test func `Case 6: inputs that join and leave`() throws {
    let scene = TestBase(3)
    try scene.fork(scene.a, 1)
    try scene.fork(scene.b, 2)
    try scene.fork(scene.c, 3)
    let base = ClassicAutobase(inputs: [scene.a])
    func causal() throws -> String {
      var stream = try base.causalStream()
      return try TestBase.text(&stream)
    }
    #expect(try causal() == "a0")
    try base.addInput(scene.b)
    #expect(try causal() == "a0 b1 b0")
    try base.addInput(scene.c)
    #expect(try causal() == "a0 b1 b0 c2 c1 c0")
    try base.removeInput(scene.c.key)
    #expect(try causal() == "a0 b1 b0")
    #expect(base.inputs.map(\.key) == [scene.a.key, scene.b.key])
  }

  @Test func `Case 7: an open stream does not see inputs that join`() throws {
    let scene = TestBase(3)
    try scene.fork(scene.a, 2)
    try scene.fork(scene.b, 2)
    let base = ClassicAutobase(inputs: [scene.a])
    var stream = try base.causalStream()
    let first = try stream.next()
    try base.addInput(scene.b)
    #expect(first.map { TestBase.text($0.node) } == "a1")
    #expect(try TestBase.text(&stream) == "a0")
    var other = try base.causalStream()
    #expect(try TestBase.text(&other) == "a1 a0 b1 b0")
  }

  @Test func `Case 8: equal forks are ordered by key`() throws {
    for order in [[0, 1], [1, 0]] {
      let logs = order.map { TestBase.log($0) }
      let base = ClassicAutobase(inputs: logs)
      for log in logs {
        for number in 0..<2 {
          try base.append(Array("\(TestBase.name(log.key))\(number)".utf8), clock: CausalClock(), input: log)
        }
      }
      for _ in 0..<3 {
        var stream = try base.causalStream()
        #expect(try TestBase.text(&stream) == "a1 a0 b1 b0")
      }
    }
  }

  @Test func `Case 9: a clock taken earlier gives the earlier stream`() throws {
    let scene = TestBase(3)
    try scene.fork(scene.a, 1)
    try scene.fork(scene.b, 2)
    try scene.merge(scene.c)
    let clock = try scene.base.latest()
    let before = try scene.causal()
    try scene.merge(scene.a)
    try scene.fork(scene.b, 4)
    #expect(try scene.causal() != before)
    #expect(try scene.causal(from: clock) == before)
    var unknown = clock
    unknown[TestBase.log(7).key] = 0
    #expect(try scene.causal(from: unknown) == "")
  }

  @Test func `Case 10: batches stay together`() throws {
    let scene = TestBase(3)
    try scene.batch(scene.a, 1, clock: CausalClock())
    let a0 = try scene.base.latest(scene.a.key)
    try scene.batch(scene.b, 2, clock: a0)
    try scene.batch(scene.c, 3, clock: a0)
    #expect(try scene.causal() == "b1 b0 c2 c1 c0 a0")
    try scene.fork(scene.a, 4)
    #expect(try scene.causal() == "b1 b0 c2 c1 c0 a4 a3 a2 a1 a0")
  }

  @Test func `Case 11: operations of batches`() throws {
    let scene = TestBase(3)
    try scene.batch(scene.a, 1, clock: CausalClock())
    try scene.batch(scene.b, 2, clock: scene.base.latest())
    try scene.batch(scene.c, 3, clock: scene.base.latest())
    var stream = try scene.base.causalStream()
    var operations: [UInt64] = []
    while let entry = try stream.next() { operations.append(entry.operations) }
    #expect(operations.reversed() == [1, 3, 3, 6, 6, 6])
  }

  @Test(arguments: [NodeFormat.alpha8, .alpha9])
  func `Case 12: what is a log of a base`(format: NodeFormat) throws {
    var options = ClassicAutobase.Options()
    options.newFormat = format
    let scene = TestBase(1, options: options)
    let empty = KeyedMemoryLog(key: TestBase.log(3).key)
    #expect(!ClassicAutobase.isAutobase(empty))
    #expect(!ClassicAutobase.isAutobase(scene.a))
    try scene.fork(scene.a, 1)
    #expect(ClassicAutobase.isAutobase(scene.a))
    let output = KeyedMemoryLog(key: TestBase.log(4).key)
    if format == .alpha8 {
      let header = NodeProtocol.output.rawValue
      try output.append([Alpha8Block(header: header, change: scene.a.key, value: [1]).encoded()])
    } else {
      var block = Alpha9Block(value: [1])
      block.header = NodeProtocol.output.rawValue
      block.keys = [scene.a.key]
      block.change = KeyPointer(seq: 0, offset: 0)
      try output.append([block.encoded()])
    }
    #expect(ClassicAutobase.isAutobase(output))
    let foreign = KeyedMemoryLog(key: TestBase.log(5).key, [Array("something else".utf8)])
    #expect(!ClassicAutobase.isAutobase(foreign))
    #expect(!ClassicAutobase.isAutobase(KeyedMemoryLog(key: TestBase.log(5).key, [[]])))
    #expect(!ClassicAutobase.isAutobase(SparseLog(scene.a, missing: [0])))
  }
}
