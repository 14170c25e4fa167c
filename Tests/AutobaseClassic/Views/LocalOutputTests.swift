import AutobaseClassic
import CompactEncoding
import Hypercore
import TestSupport
import Testing

/// Acceptance cases 13 to 23: views in a local output. In both formats, and each update by the same base as the one
/// before, or by a new one.
@Suite struct LocalOutputTests {
  struct Setting: CustomTestStringConvertible, Sendable {
    var format: NodeFormat
    var isReopened: Bool
    var testDescription: String { "\(format)\(isReopened ? ", reopened" : "")" }

    static let all = [
      Setting(format: .alpha9, isReopened: false), Setting(format: .alpha9, isReopened: true),
      Setting(format: .alpha8, isReopened: false), Setting(format: .alpha8, isReopened: true),
    ]
  }

  /// A world with a local output.
  final class Bench {
    let world: ViewWorld
    let output: KeyedMemoryLog
    let isReopened: Bool
    let apply: ApplyFunction?
    var inputs: [KeyedMemoryLog]
    var base: ClassicAutobase
    var events: [SessionEvent] = []

    init(_ setting: Setting, _ names: String = "abc", apply: ApplyFunction? = nil) {
      world = ViewWorld(names, format: setting.format)
      output = world.output()
      isReopened = setting.isReopened
      self.apply = apply
      inputs = world.logs
      base = world.base(local: output, apply: apply)
    }

    /// Updates the view: what was done, and the view, newest first.
    func update() throws -> (added: UInt64, removed: UInt64, values: [String]) {
      if isReopened {
        base = ClassicAutobase(
          inputs: inputs, localOutput: output, options: ViewWorld.options(world.format), autostart: true, apply: apply)
      }
      let view = try #require(base.view)
      view.onEvent = { [unowned self] in events.append($0) }
      let status = try view.update()
      #expect(view.length == output.length)
      #expect(view.inMemoryLength == 0)
      return (status.added, status.removed, try newestFirst(view))
    }

    func remove(_ name: Character) throws {
      inputs.removeAll { $0 === world.log(name) }
      if !isReopened { try base.removeInput(world.log(name).key) }
    }
  }

  @Test(arguments: Setting.all) func `Case 13: forks are stored shortest last`(_ setting: Setting) throws {
    let bench = Bench(setting)
    try bench.world.write("a", 0..<1)
    try bench.world.write("b", 0..<2)
    try bench.world.write("c", 0..<3)
    #expect(try bench.update() == (6, 0, list("a0 b1 b0 c2 c1 c0")))
    try bench.world.write("a", 1..<4)
    #expect(try bench.update() == (9, 6, list("b1 b0 c2 c1 c0 a3 a2 a1 a0")))
    #expect(bench.output.length == 9)
  }

  @Test(arguments: Setting.all) func `Case 14: truncations are told, and no more than needed`(_ setting: Setting) throws
  {
    let bench = Bench(setting)
    try bench.world.write("a", 0..<1)
    try bench.world.write("b", 0..<2)
    try bench.world.write("c", 0..<3)
    #expect(try bench.update() == (6, 0, list("a0 b1 b0 c2 c1 c0")))
    try bench.world.write("a", 1..<5)
    #expect(try bench.update() == (10, 6, list("b1 b0 c2 c1 c0 a4 a3 a2 a1 a0")))
    try bench.world.write("b", 2..<4)
    #expect(try bench.update() == (7, 5, list("c2 c1 c0 b3 b2 b1 b0 a4 a3 a2 a1 a0")))
    #expect(bench.output.length == 12)
    let truncations = bench.events.compactMap { event -> UInt64? in
      if case .truncate(let length, _) = event { length } else { nil }
    }
    #expect(truncations == [0, 5])
    #expect(bench.events.filter { $0 == .append }.count == 3)
  }

  @Test(arguments: Setting.all) func `Case 15: what is linked comes first`(_ setting: Setting) throws {
    let bench = Bench(setting)
    try bench.world.write("a", 0..<1, .all)
    try bench.world.write("b", 0..<2, .all)
    try bench.world.write("c", 0..<3, .all)
    #expect(try bench.update() == (6, 0, list("c2 c1 c0 b1 b0 a0")))
    let view = try #require(bench.base.view)
    for index in 1..<view.length {
      #expect(try view.node(at: index).clock.covers(view.node(at: index - 1).clock))
    }
  }

  @Test(arguments: Setting.all) func `Case 16: no more is truncated than changed its place`(_ setting: Setting) throws {
    let bench = Bench(setting)
    try bench.world.write("a", 0..<1)
    try bench.world.write("b", 0..<2)
    try bench.world.write("c", 0..<5)
    #expect(try bench.update() == (8, 0, list("a0 b1 b0 c4 c3 c2 c1 c0")))
    try bench.world.write("a", 1..<4)
    #expect(try bench.update() == (6, 3, list("b1 b0 a3 a2 a1 a0 c4 c3 c2 c1 c0")))
    try bench.world.write("b", 2..<3)
    #expect(try bench.update() == (1, 0, list("b2 b1 b0 a3 a2 a1 a0 c4 c3 c2 c1 c0")))
  }

  @Test(arguments: Setting.all) func `Case 17: an input is cut out`(_ setting: Setting) throws {
    var bench = Bench(setting)
    try bench.world.write("a", 0..<1)
    try bench.world.write("b", 0..<2)
    try bench.world.write("c", 0..<5)
    #expect(try bench.update() == (8, 0, list("a0 b1 b0 c4 c3 c2 c1 c0")))
    try bench.remove("b")
    #expect(try bench.update() == (1, 3, list("a0 c4 c3 c2 c1 c0")))

    // From the back, and from the front.
    bench = Bench(setting, "ab")
    try bench.world.write("a", 0..<1)
    try bench.world.write("b", 0..<5)
    #expect(try bench.update() == (6, 0, list("a0 b4 b3 b2 b1 b0")))
    try bench.remove("b")
    #expect(try bench.update() == (1, 6, list("a0")))
    bench = Bench(setting, "ab")
    try bench.world.write("a", 0..<1)
    try bench.world.write("b", 0..<5)
    #expect(try bench.update() == (6, 0, list("a0 b4 b3 b2 b1 b0")))
    try bench.remove("a")
    #expect(try bench.update() == (0, 1, list("b4 b3 b2 b1 b0")))

    // Linked.
    bench = Bench(setting, "ab")
    try bench.world.write("a", 0..<1)
    try bench.world.write("b", 0..<2, .all)
    #expect(try bench.update() == (3, 0, list("b1 b0 a0")))
    try bench.remove("b")
    #expect(try bench.update() == (0, 2, list("a0")))

    // Interleaved.
    bench = Bench(setting, "ab")
    for index in 0..<3 {
      try bench.world.write("b", index..<index + 1, .all)
      try bench.world.write("a", index..<index + 1, .all)
    }
    #expect(try bench.update() == (6, 0, list("a2 b2 a1 b1 a0 b0")))
    try bench.remove("b")
    #expect(try bench.update() == (3, 6, list("a2 a1 a0")))
  }

  @Test(arguments: Setting.all) func `Case 18: many writers, and one comes to the front`(_ setting: Setting) throws {
    let names = "abcdefghij"
    let bench = Bench(setting, names)
    for (index, name) in names.enumerated() { try bench.world.write(name, 0..<index + 1) }
    #expect(try bench.update().values.count == 55)
    try bench.world.write("f", 6..<17)
    let after = try bench.update()
    #expect(after.values.count == 66)
    #expect(after.values.suffix(17) == (0..<17).reversed().map { "f\($0)" })
  }

  @Test(arguments: Setting.all) func `Case 19: a second update does nothing`(_ setting: Setting) throws {
    let bench = Bench(setting)
    try bench.world.write("a", 0..<1)
    try bench.world.write("b", 0..<2)
    #expect(try bench.update() == (3, 0, list("a0 b1 b0")))
    #expect(try bench.update() == (0, 0, list("a0 b1 b0")))
    try bench.world.write("b", 2..<3)
    #expect(try bench.update() == (2, 1, list("a0 b2 b1 b0")))
    for _ in 0..<4 { #expect(try bench.update() == (0, 0, list("a0 b2 b1 b0"))) }
  }

  @Test(arguments: Setting.all) func `Case 20: apply decides what is in the view, one or many blocks`(
    _ setting: Setting
  ) throws {
    var bench = Bench(setting, apply: upperCase)
    try bench.world.write("a", 0..<1)
    try bench.world.write("b", 0..<2)
    try bench.world.write("c", 0..<3)
    #expect(try bench.update().values == list("A0 B1 B0 C2 C1 C0"))

    bench = Bench(setting, apply: upperCase)
    try bench.world.batch("a", ["a0"])
    try bench.world.batch("b", ["b0", "b1"])
    try bench.world.batch("c", ["c0", "c1", "c2"])
    #expect(try bench.update().values == list("A0 B1 B0 C2 C1 C0"))
    let view = try #require(bench.base.view)
    let nodes = try (0..<view.length).map { try view.node(at: $0) }
    #expect(nodes.map(\.batch.index) == [0, 1, 2, 0, 1, 0])
    #expect(nodes.map(\.batch.rest) == [2, 1, 0, 1, 0, 0])
    #expect(nodes[0].clock == nodes[2].clock && nodes[3].clock == nodes[4].clock)
    #expect(nodes[4].clock[bench.world.log("b").key] == 1)

    bench = Bench(setting, "ab", apply: twice)
    try bench.world.write("a", 0..<1)
    try bench.world.write("b", 0..<2)
    #expect(try bench.update() == (6, 0, list("a0-1 a0-0 b1-1 b1-0 b0-1 b0-0")))
    try bench.world.write("a", 1..<3)
    #expect(try bench.update() == (10, 6, list("b1-1 b1-0 b0-1 b0-0 a2-1 a2-0 a1-1 a1-0 a0-1 a0-0")))
  }

  @Test func `Case 21: operations count the entries that are covered`() throws {
    let bench = Bench(Setting.all[0], "a") { batch, context in
      try context.view.append([Array("x".utf8), Array("y".utf8)])
    }
    try bench.world.batch("a", ["a0"])
    try bench.world.batch("a", ["a1", "a2"])
    #expect(try bench.update().added == 4)
    let stored = try bench.output.blocks.map { try Alpha9Block(decoding: $0).operations }
    #expect(stored == [1, 1, 3, 3])
    let view = try #require(bench.base.view)
    #expect(try (0..<view.length).map { try view.node(at: $0).operations } == [1, 1, 3, 3])
  }

  @Test(arguments: Setting.all) func `Case 22: an output is read by somebody who has seen nothing of it before`(
    _ setting: Setting
  ) throws {
    let bench = Bench(setting, "ab")
    try bench.world.write("b", 0..<1)
    try bench.world.write("a", 0..<2)
    #expect(try bench.update().values == list("b0 a1 a0"))
    let node = try #require(try OutputLog(bench.output)).node(at: 2)
    #expect(node.change == bench.world.log("b").key)
    #expect(node.clock.entries.count == 2)
    let view = bench.world.view(local: bench.output)
    #expect(try view.node(at: 2) == node, "shown before the first update")
  }

  @Test func `Case 23: a local output is given later`() throws {
    let world = ViewWorld()
    let base = world.base()
    let view = try #require(base.view)
    try world.write("a", 0..<1)
    try world.write("b", 0..<2)
    try view.update()
    #expect(!view.isWritable)
    #expect(view.inMemoryLength == 3)
    let output = world.output()
    base.localOutput = output
    #expect(view.isWritable)
    try view.update()
    #expect(view.status == ViewStatus(added: 3, removed: 0))
    #expect(output.length == 3)
    #expect(view.inMemoryLength == 0)
    #expect(try newestFirst(view) == list("a0 b1 b0"))
    try world.write("b", 2..<3)
    try view.update()
    #expect(view.status == ViewStatus(added: 2, removed: 1))
    #expect(output.length == 4)
    base.localOutput = nil
    try view.update()
    #expect(try newestFirst(view) == list("a0 b2 b1 b0"))
    #expect(view.trunk == nil)
  }
}
