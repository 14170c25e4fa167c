import AutobaseClassic
import CompactEncoding
import Hypercore
import TestSupport
import Testing

@Suite struct ApplyTests {
  private struct Refusal: Error {}

  @Test func `A view is appended to inside apply only, and never truncated`() throws {
    let world = ViewWorld("a")
    let view = world.view()
    #expect(throws: ViewError.appendOutsideApply) { try view.append([1]) }
    try world.write("a", 0..<1)
    try view.update()
    #expect(throws: ViewError.appendOutsideApply) { try view.append([1]) }
    #expect(throws: ViewError.truncationOfView) { try view.truncate(to: 0) }
    #expect(throws: LogError.blockNotAvailable(index: 1, length: 1)) { try view.node(at: 1) }
    #expect(throws: LogError.blockNotAvailable(index: 1, length: 1)) { try view.block(at: 1) }
    #expect(throws: ClassicError.alreadyStarted) { try world.base().start() }
  }

  @Test func `What apply appended can be read at once`() throws {
    let world = ViewWorld("ab")
    let view = world.view(local: world.output()) { batch, context in
      let view = context.view
      let length = view.length
      try view.append(batch[0].node.value!)
      #expect(view.length == length + 1)
      #expect(try view.value(at: length) == batch[0].node.value!)
      #expect(try view.wrapped.block(at: length) != view.unwrapped.block(at: length))
      #expect(try view.node(at: length).change == context.change)
      if length > 0 { _ = try view.value(at: length - 1) }
      try view.append([Array("second of \(length)".utf8), []])
    }
    try world.write("a", 0..<2)
    try view.update()
    try world.write("b", 0..<3)
    try view.update()
    #expect(view.length == 15)
    #expect(try view.node(at: 14).batch == BatchPosition(index: 2, rest: 0))
  }

  @Test func `Apply is told the clocks, and called once for each batch`() throws {
    let world = ViewWorld("ab")
    var calls: [String] = []
    let view = world.view { batch, context in
      calls.append(batch.map { String(decoding: $0.node.value!, as: UTF8.self) }.joined(separator: "+"))
      #expect(context.change == batch[0].node.key)
      #expect(context.localClock == batch.last!.node.clock)
      #expect(context.globalClock == batch[0].clock)
      #expect(context.globalClock.covers(context.localClock))
    }
    try world.batch("a", ["a0", "a1", "a2"])
    try world.batch("b", ["b0"], .all)
    try view.update()
    #expect(calls == ["a0+a1+a2", "b0"])
    #expect(view.length == 0)
    // Calls that appended nothing are not repeated.
    try world.batch("b", ["b1", "b2"])
    try view.update()
    #expect(calls == ["a0+a1+a2", "b0", "b1+b2"])
  }

  @Test(arguments: [true, false]) func `An apply call that throws leaves what was applied before`(
    _ isLocal: Bool
  ) throws {
    let world = ViewWorld("ab")
    let output = world.output()
    var refused: String? = "b1"
    let view = world.view(local: isLocal ? output : nil) { batch, context in
      try context.view.append(batch[0].node.value!)
      if batch[0].node.value! == Array((refused ?? "").utf8) { throw Refusal() }
    }
    try world.write("b", 0..<3)
    try world.write("a", 0..<1)
    func failedUpdate() throws {
      do {
        try view.update()
        Issue.record("the update worked")
      } catch let error as ApplyError {
        #expect(error.change == world.log("b").key)
        #expect(error.sequence == 1)
        #expect(error.underlying is Refusal)
      }
    }
    try failedUpdate()
    #expect(try texts(view) == ["b0"])
    #expect(view.status == ViewStatus(added: 1, removed: 0))
    #expect(output.length == (isLocal ? 1 : 0))
    try failedUpdate()
    #expect(view.status == ViewStatus(added: 0, removed: 0))
    refused = nil
    try view.update()
    #expect(view.status == ViewStatus(added: 3, removed: 0))
    #expect(try texts(view) == list("b0 b1 b2 a0"))
    #expect(try view.update() == ViewStatus())
  }

  @Test func `An update asked for during one makes one more run`() throws {
    let world = ViewWorld("ab")
    var runs = 0
    var view: LinearizedView!
    view = world.view { batch, context in
      runs += 1
      for _ in 0..<3 { try view.update() }
      try context.view.append(batch[0].node.value!)
      // Something to do for the second run, and for a third one that is not made.
      if runs <= 2 { try world.write("b", runs..<runs + 1) }
    }
    try world.write("a", 0..<1)
    try view.update()
    #expect(runs == 3, "a0; then b1 and a0 behind it")
    #expect(try texts(view).count == 2)
    try view.update()
    #expect(runs > 3)
    #expect(try Set(texts(view)) == ["a0", "b1", "b2"])
  }

  @Test func `A listener that asks for an update is not called inside itself`() throws {
    let world = ViewWorld("a")
    let view = world.view()
    var depth = 0
    var events: [SessionEvent] = []
    view.onEvent = { event in
      depth += 1
      #expect(depth == 1)
      events.append(event)
      if events.count == 1 { try? world.write("a", 1..<2) }
      _ = try? view.update()
      depth -= 1
    }
    try world.write("a", 0..<1)
    try view.update()
    #expect(events == [.append, .append])
    #expect(view.length == 2)
    #expect(view.status == ViewStatus(added: 1, removed: 0))
  }

  @Test func `A local output that cannot be written leaves the view as it was, and the next update is right`() throws {
    for format in [NodeFormat.alpha8, .alpha9] {
      let world = ViewWorld("abc", format: format)
      let output = FragileLog(world.output())
      let view = world.view(local: output)
      try world.write("a", 0..<2)
      try world.write("b", 0..<3)
      try view.update()
      try world.write("a", 2..<6)
      try world.write("c", 0..<1)
      // The log is truncated, then the process would end: it has no transactions.
      output.appends = 0
      #expect(throws: FragileLog.Refusal.self) { try view.update() }
      #expect(output.length == 0)
      output.appends = .max
      let plain = world.view()
      try plain.update()
      let other = world.view(local: KeyedMemoryLog(key: output.key, output.inner.blocks))
      try other.update()
      #expect(try texts(other) == texts(plain))
      try view.update()
      #expect(try texts(view) == texts(plain))
      #expect(output.inner.blocks.count == 10)
    }
  }

  @Test func `A log that is no output is not overwritten`() throws {
    let world = ViewWorld("a")
    try world.write("a", 0..<1)
    for block in [try world.log("a").block(at: 0), [1, 2, 3], []] {
      let other = KeyedMemoryLog(key: ViewWorld.key(7), [block])
      let view = world.view(local: other)
      #expect(throws: ViewError.notAnOutput(key: other.key)) { try view.update() }
      #expect(other.blocks == [block])
      // As a remote output it is left out, and told.
      let reader = world.view(outputs: [other])
      try reader.update()
      #expect(try texts(reader) == ["a0"])
      #expect(reader.unreadableOutputs.map(\.key) == [other.key])
    }
  }

  @Test func `An input is not the local output`() throws {
    let world = ViewWorld("ab")
    try world.write("a", 0..<1)
    let view = world.view(local: world.log("b"))
    #expect(throws: ViewError.notAnOutput(key: world.log("b").key)) { try view.update() }
    #expect(world.log("b").length == 0)
  }

  @Test func `Somebody else writes the local output`() throws {
    let world = ViewWorld("ab")
    let output = world.output()
    let (first, second) = (world.view(local: output), world.view(local: output))
    var seen = [first.epoch, second.epoch]
    var forks = [output.fork, output.fork]
    for round in 0..<6 {
      try world.write("a", round..<round + 1)
      try world.write("b", 2 * round..<2 * round + 2)
      let view = round % 2 == 0 ? first : second
      try view.update()
      // Whoever keeps blocks of the view is told that others are there.
      #expect((view.epoch > seen[round % 2]) || output.fork == forks[round % 2])
      (seen[round % 2], forks[round % 2]) = (view.epoch, output.fork)
      let plain = world.view()
      try plain.update()
      #expect(try texts(view) == texts(plain))
    }
    // In the middle of an update, each time.
    var interferes = true
    let disturbed = world.view(local: output) { batch, context in
      try context.view.append(batch[0].node.value!)
      if interferes { try output.truncate(to: output.length) }
    }
    try world.write("a", 6..<7)
    #expect(throws: ViewError.outputChanged(key: output.key)) { try disturbed.update() }
    interferes = false
    try disturbed.update()
    let plain = world.view()
    try plain.update()
    #expect(try texts(disturbed) == texts(plain))
  }

  @Test func `A batch that is not all here is waited for, or left out`() throws {
    for format in [NodeFormat.alpha8, .alpha9] {
      let world = ViewWorld("ab", format: format)
      try world.write("a", 0..<2)
      try world.batch("b", ["b0", "b1", "b2"])
      let part = KeyedMemoryLog(key: world.log("b").key, Array(world.log("b").blocks.prefix(2)))
      let base = ClassicAutobase(inputs: [world.log("a"), part], autostart: true)
      let view = try #require(base.view)
      #expect(throws: ClassicError.unavailable(key: part.key, seq: 2, length: 2)) { try view.update() }
      #expect(view.length == 0)
      var options = ClassicAutobase.Options()
      options.isSparse = false
      let patient = ClassicAutobase(inputs: [world.log("a"), part], options: options, autostart: true)
      try patient.view?.update()
      #expect(try texts(#require(patient.view)) == ["a0", "a1"])
      try part.append([try world.log("b").block(at: 2)])
      for base in [base, patient] {
        try base.view?.update()
        #expect(try texts(#require(base.view)) == list("b0 b1 b2 a0 a1"))
      }
    }
  }
}
