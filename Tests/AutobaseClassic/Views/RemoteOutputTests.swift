import AutobaseClassic
import CompactEncoding
import Hypercore
import TestSupport
import Testing

/// Acceptance cases 24 to 28: views over outputs that others keep. In both formats.
@Suite struct RemoteOutputTests {
  static let formats: [NodeFormat] = [.alpha9, .alpha8]

  /// A world with three outputs, at 3, 5 and 6 of 6 nodes.
  private func staggered(_ format: NodeFormat) throws -> (world: ViewWorld, outputs: [KeyedMemoryLog]) {
    let world = ViewWorld(format: format)
    let outputs = (1...3).map { world.output($0) }
    for (output, (name, count)) in zip(outputs, [("a", 3), ("b", 2), ("c", 1)] as [(Character, Int)]) {
      try world.write(name, 0..<count)
      try world.view(local: output).update()
    }
    #expect(outputs.map(\.length) == [3, 5, 6])
    return (world, outputs)
  }

  @Test(arguments: formats) func `Case 24: the output that saves most is taken`(_ format: NodeFormat) throws {
    let (world, outputs) = try staggered(format)
    for (chosen, added) in [([2], 0), ([0], 3), ([0, 1], 1), ([1, 0], 1), ([0, 1, 2], 0), ([], 6)] as [([Int], UInt64)]
    {
      let view = world.view(outputs: chosen.map { outputs[$0] })
      try view.update()
      #expect(view.status == ViewStatus(added: added, removed: 0), "\(chosen)")
      #expect(view.length == 6)
      #expect(view.inMemoryLength == added)
      #expect(try newestFirst(view) == list("c0 b1 b0 a2 a1 a0"))
      #expect(view.trunk?.key == chosen.max().map { outputs[$0].key })
    }
  }

  @Test(arguments: formats) func `Case 25: outputs are added at run time`(_ format: NodeFormat) throws {
    let (world, outputs) = try staggered(format)
    let base = world.base()
    let view = try #require(base.view)
    try view.update()
    #expect(view.inMemoryLength == 6)
    for (output, rest) in zip(outputs, [3, 1, 0] as [UInt64]) {
      try base.addOutput(output)
      try view.update()
      #expect(view.status == ViewStatus())
      #expect(view.inMemoryLength == rest)
      #expect(view.trunk?.key == output.key)
      #expect(try newestFirst(view) == list("c0 b1 b0 a2 a1 a0"))
    }
    try base.removeOutput(outputs[2].key)
    try view.update()
    #expect(view.trunk?.key == outputs[1].key)
    #expect(view.status == ViewStatus(added: 1, removed: 1), "what is no output any more is not read")
    for output in outputs { try base.removeOutput(output.key) }
    try view.update()
    #expect(view.trunk == nil)
    #expect(try newestFirst(view) == list("c0 b1 b0 a2 a1 a0"))
  }

  @Test(arguments: formats) func `Case 26: an output that is out of date is extended`(_ format: NodeFormat) throws {
    let world = ViewWorld(format: format)
    let output = world.output()
    let writer = world.view(local: output)
    let reader = world.view(outputs: [output])
    func expect(_ added: UInt64, _ removed: UInt64, length: UInt64) throws {
      try reader.update()
      #expect(reader.status == ViewStatus(added: added, removed: removed))
      #expect(reader.length == length)
      let plain = world.view()
      try plain.update()
      #expect(try texts(reader) == texts(plain))
    }
    try world.write("a", 0..<3)
    try writer.update()
    try expect(0, 0, length: 3)
    try world.write("b", 0..<2)
    try expect(2, 0, length: 5)
    try world.write("c", 0..<1)
    try expect(1, 0, length: 6)
    try world.write("c", 1..<4, .all)
    try expect(3, 0, length: 9)
    for index in 1..<11 { try world.batch("b", ["x\(index)"]) }
    try expect(19, 9, length: 19)
  }

  @Test(arguments: formats) func `Case 27: what an output has is not held in memory`(_ format: NodeFormat) throws {
    let world = ViewWorld(format: format)
    let output = world.output()
    let writer = world.view(local: output)
    let reader = world.view(outputs: [output])
    func inMemory() throws -> UInt64 {
      try reader.update()
      return reader.inMemoryLength
    }
    try world.write("a", 0..<3)
    try writer.update()
    #expect(try inMemory() == 0)
    try world.write("b", 0..<2)
    #expect(try inMemory() == 2)
    try world.write("c", 0..<1)
    #expect(try inMemory() == 3)
    try writer.update()
    #expect(try inMemory() == 0)
    #expect(reader.status == ViewStatus())
  }

  @Test(arguments: formats) func `Case 28: many blocks for a node, over outputs up to date and behind`(
    _ format: NodeFormat
  ) throws {
    for isUpToDate in [true, false] {
      let world = ViewWorld(format: format)
      let output = world.output()
      let writer = world.view(local: output, apply: twice)
      let reader = world.view(outputs: [output], apply: twice)
      try world.write("a", 0..<1)
      try world.write("b", 0..<2)
      try world.write("c", 0..<4)
      try writer.update()
      try reader.update()
      #expect(reader.status == ViewStatus())
      #expect(try texts(reader) == texts(writer))
      try world.write("a", 1..<3)
      if isUpToDate { try writer.update() }
      try reader.update()
      #expect(reader.status == ViewStatus(added: isUpToDate ? 0 : 10, removed: 6))
      try writer.update()
      #expect(
        try newestFirst(reader)
          == list("b1 b0 a2 a1 a0 c3 c2 c1 c0").flatMap { ["\($0)-1", "\($0)-0"] })
      #expect(try texts(reader) == texts(writer))
    }
  }
}
