import AutobaseClassic
import CompactEncoding
import Hypercore
import TestSupport
import Testing

@Suite struct ViewSessionTests {
  static let formats: [NodeFormat] = [.alpha9, .alpha8]

  @Test(arguments: formats) func `Snapshots show the old state until they are updated`(_ format: NodeFormat) throws {
    for output in [nil, ViewWorld("a").output()] {
      let world = ViewWorld(format: format)
      let view = world.view(local: output)
      try world.write("a", 0..<1)
      try world.write("b", 0..<2)
      try world.write("c", 0..<3)
      try view.update()
      let snapshot = try view.viewSnapshot()
      let bare = try view.unwrapped.snapshot()
      let blocks = try (0..<6).map { try view.wrapped.block(at: $0) }
      try world.write("a", 1..<4)
      try view.update()
      #expect(try newestFirst(view) == list("b1 b0 c2 c1 c0 a3 a2 a1 a0"))
      #expect(snapshot.length == 6)
      let old = list("c0 c1 c2 b0 b1 a0").map { Array($0.utf8) }
      #expect(try (0..<6).map { try snapshot.value(at: $0) } == old)
      #expect(try (0..<6).map { try bare.block(at: $0) } == old)
      #expect(try (0..<6).map { try snapshot.block(at: $0) } == blocks)
      #expect(try bare.snapshot().block(at: 5) == old[5])
      try world.write("c", 3..<4)
      try snapshot.update()
      #expect(snapshot.length == 10)
      #expect(view.length == 10, "the view is updated with it")
      #expect(snapshot.fork == view.fork)
      #expect(bare.length == 6)
    }
  }

  @Test(arguments: formats) func `The blocks of a wrapped view are those of an output`(_ format: NodeFormat) throws {
    let world = ViewWorld(format: format)
    let output = world.output()
    let stored = world.view(local: output)
    let reader = world.view(outputs: [output])
    let memory = world.view()
    for round in 0..<5 {
      try world.write("a", round..<round + 1)
      try world.write("b", 2 * round..<2 * round + 2, round % 2 == 0 ? .own : .all)
      if round % 2 == 1 { try stored.update() }
      for view in [reader, memory] { try view.update() }
      let blocks = try (0..<memory.length).map { try memory.wrapped.block(at: $0) }
      #expect(try (0..<reader.length).map { try reader.block(at: $0) } == blocks)
      if round % 2 == 1 { #expect(output.blocks == blocks) }
      // They are an output for somebody else.
      let copy = KeyedMemoryLog(key: ViewWorld.key(9), blocks)
      let other = world.view(outputs: [copy])
      #expect(try other.update() == ViewStatus())
      #expect(other.inMemoryLength == 0)
    }
  }

  @Test func `Sessions share the view, and say when blocks were replaced`() throws {
    let world = ViewWorld("ab")
    let base = world.base(unwrap: true)
    let view = try #require(base.view)
    #expect(view.isUnwrapped && view.unwrapped.isUnwrapped && !view.wrapped.isUnwrapped)
    try world.write("a", 0..<1)
    try view.update()
    let (fork, epoch) = (view.fork, view.epoch)
    #expect(try view.block(at: 0) == Array("a0".utf8))
    #expect(view.wrapped.length == 1)
    try world.write("a", 1..<2)
    try view.wrapped.update()
    #expect((view.fork, view.epoch, view.length) == (fork, epoch, 2))
    try world.write("b", 0..<3)
    try view.update()
    #expect(view.fork == fork + 1 && view.epoch > epoch)
  }

  @Test func `A view needs its base`() throws {
    let world = ViewWorld("a")
    try world.write("a", 0..<1)
    let view = try #require(world.base().view)
    #expect(throws: ViewError.baseClosed) { try view.update() }
  }
}
