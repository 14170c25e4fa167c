import AutobaseClassic
import CompactEncoding
import Hypercore
import TestSupport
import Testing

/// Updates in several steps, each of which may be a transaction of its own.
@Suite struct ViewStepTests {
  private struct Refusal: Error {}

  private func view(
    _ world: ViewWorld, local: ClassicAutobase.WritableLog?, nodeCount: Int, storesEachStep: Bool = true,
    apply: ApplyFunction? = nil
  ) throws -> (base: ClassicAutobase, view: LinearizedView) {
    var options = ViewWorld.options(world.format)
    options.stepNodeCount = nodeCount
    options.storesEachStep = storesEachStep
    let base = ClassicAutobase(
      inputs: world.logs, localOutput: local, options: options, autostart: true, apply: apply)
    return (base, try #require(base.view))
  }

  @Test func `A call is told which batches follow in its step`() throws {
    let world = ViewWorld("ab")
    try world.write("a", 0..<4)
    try world.batch("b", ["b0", "b1", "b2"])
    try world.write("b", 3..<10)
    var steps: [[Int]] = [[]]
    var expected: ArraySlice<[CausalNode]> = []
    let (base, view) = try view(world, local: world.output(), nodeCount: 4) { batch, context in
      if expected.isEmpty { steps.append([]) } else { #expect(batch == expected.first) }
      expected = context.upcoming
      steps[steps.count - 1].append(batch.count)
      try context.view.append(batch.compactMap(\.node.value))
    }
    try withExtendedLifetime(base) { _ = try view.update() }
    // A batch that began is taken as a whole.
    #expect(steps.dropFirst() == [[3, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 1]])
  }

  @Test(arguments: [NodeFormat.alpha8, .alpha9]) func `Steps lead to the same blocks and the same status`(
    _ format: NodeFormat
  ) throws {
    for seed in 1...(isLong ? 200 : 20) as ClosedRange<UInt64> {
      var random = SeededGenerator(seed: seed)
      let world = ViewWorld("abc", format: format)
      let outputs = [world.output(1), world.output(2), world.output(3)]
      // Some calls append nothing.
      let apply: ApplyFunction = { batch, context in
        try context.view.append(batch.compactMap(\.node.value).filter { $0.last! % 3 != 0 })
      }
      let whole = world.view(local: outputs[0], apply: apply)
      let count = Int.random(in: 1...5, using: &random)
      let stored = try view(world, local: outputs[1], nodeCount: count, apply: apply)
      let unstored = try view(world, local: outputs[2], nodeCount: count, storesEachStep: false, apply: apply)
      var length = 0
      for _ in 0..<8 {
        let writer = world.names.randomElement(using: &random)!
        for _ in 0..<Int.random(in: 1...6, using: &random) {
          let values = (0..<Int.random(in: 1...3, using: &random)).map { "\(writer)\(length + $0)" }
          length += values.count
          try world.batch(writer, values, Bool.random(using: &random) ? .own : .all)
        }
        let status = try whole.update()
        #expect(try stored.view.update() == status, "seed \(seed)")
        #expect(try unstored.view.update() == status, "seed \(seed)")
        #expect(outputs[1].blocks == outputs[0].blocks && outputs[2].blocks == outputs[0].blocks, "seed \(seed)")
      }
    }
  }

  @Test func `Each step is stored, and what is stored is the beginning of the new order`() throws {
    let world = ViewWorld("ab")
    let output = world.output()
    var lengths: [UInt64] = []
    let (base, view) = try view(world, local: output, nodeCount: 3) { batch, context in
      lengths.append(output.length)
      try context.view.append(batch[0].node.value!)
      // Read back, wherever it is by now.
      for index in 0..<context.view.length { _ = try context.view.value(at: index) }
    }
    try world.write("a", 0..<7)
    try view.update()
    #expect(lengths == [0, 0, 0, 3, 3, 3, 6])
    lengths = []
    // The order changes from its beginning: truncated with the first step.
    try world.write("b", 0..<9)
    #expect(try view.update() == ViewStatus(added: 16, removed: 7))
    #expect(lengths == [7, 7, 7, 3, 3, 3, 6, 6, 6, 9, 9, 9, 12, 12, 12, 15])
    let plain = world.view()
    try plain.update()
    #expect(try texts(view) == texts(plain))
    withExtendedLifetime(base) {}
  }

  @Test func `An update that is cut off goes on behind its last step`() throws {
    let world = ViewWorld("ab")
    let output = world.output()
    try world.write("a", 0..<5)
    try world.view(local: output).update()
    try world.write("b", 0..<8)
    // Looked at in the middle, as another process would find it after a crash.
    var found: [[UInt8]] = []
    var calls = 0
    let cutOff = try view(world, local: output, nodeCount: 4) { batch, context in
      calls += 1
      if calls == 10 { found = output.blocks }
      try context.view.append(batch[0].node.value!)
    }
    #expect(try cutOff.view.update() == ViewStatus(added: 13, removed: 5))
    #expect(found.count == 8)
    let copy = KeyedMemoryLog(key: output.key, found)
    let next = try view(world, local: copy, nodeCount: 4)
    #expect(try texts(next.view) == Array(texts(cutOff.view).prefix(8)))
    #expect(try next.view.update() == ViewStatus(added: 5, removed: 0))
    #expect(copy.blocks == output.blocks)
  }

  @Test func `A step that cannot be stored leaves those before it`() throws {
    let world = ViewWorld("a")
    let output = FragileLog(world.output())
    let (base, view) = try view(world, local: output, nodeCount: 2)
    var events: [SessionEvent] = []
    view.onEvent = { events.append($0) }
    try world.write("a", 0..<7)
    output.appends = 2
    #expect(throws: FragileLog.Refusal.self) { try view.update() }
    #expect(output.length == 4 && view.length == 4)
    #expect(view.status == ViewStatus(added: 4, removed: 0) && events == [.append])
    output.appends = .max
    #expect(try view.update() == ViewStatus(added: 3, removed: 0))
    #expect(try texts(view) == (0..<7).map { "a\($0)" })
    withExtendedLifetime(base) {}
  }

  @Test func `A call that throws in a later step leaves all before it`() throws {
    let world = ViewWorld("a")
    let output = world.output()
    var isRefused = true
    let (base, view) = try view(world, local: output, nodeCount: 2) { batch, context in
      if isRefused, batch[0].node.seq == 5 { throw Refusal() }
      try context.view.append(batch[0].node.value!)
    }
    try world.write("a", 0..<7)
    #expect(throws: ApplyError.self) { try view.update() }
    #expect(view.status == ViewStatus(added: 5, removed: 0) && output.length == 5)
    isRefused = false
    #expect(try view.update() == ViewStatus(added: 2, removed: 0))
    withExtendedLifetime(base) {}
  }

  @Test func `Somebody else writes between two steps`() throws {
    let world = ViewWorld("a")
    let output = world.output()
    try world.write("a", 0..<9)
    var calls = 0
    let (base, view) = try view(world, local: output, nodeCount: 2) { batch, context in
      calls += 1
      if calls == 6 { try output.truncate(to: 1) }
      try context.view.append(batch[0].node.value!)
    }
    // Four were stored, three of them were taken away, and eight are new.
    #expect(try view.update() == ViewStatus(added: 12, removed: 0))
    let plain = world.view()
    try plain.update()
    #expect(try texts(view) == texts(plain) && output.length == 9)
    withExtendedLifetime(base) {}
  }

  @Test func `What two updates did together`() {
    let first = ViewStatus(added: 5, removed: 2)
    #expect(first.followed(by: ViewStatus(added: 4, removed: 3)) == ViewStatus(added: 6, removed: 2))
    #expect(first.followed(by: ViewStatus(added: 1, removed: 7)) == ViewStatus(added: 1, removed: 4))
    #expect(ViewStatus().followed(by: first) == first && first.followed(by: ViewStatus()) == first)
  }
}
