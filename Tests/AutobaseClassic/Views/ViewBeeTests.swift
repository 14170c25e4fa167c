import AutobaseClassic
import CompactEncoding
import Corestore
import Hyperbee
import Hypercore
import TestSupport
import Testing

/// A Hyperbee that is written inside apply, over views of every kind.
@Suite struct ViewBeeTests {
  private struct Refusal: Error {}

  /// A view that holds a bee, and what was applied to it.
  private final class BeeView {
    let base: ClassicAutobase
    var view: LinearizedView { base.view! }
    private var made: Hyperbee?
    var bee: Hyperbee { made! }
    /// Refuses this entry, when half of it is done.
    var refused: [UInt8]?

    init(_ inputs: [any CausalLog], outputs: [any CausalLog] = [], local: ClassicAutobase.WritableLog? = nil) throws {
      base = ClassicAutobase(inputs: inputs, outputs: outputs, localOutput: local)
      try base.start { [unowned self] batch, _ in
        for node in batch {
          let (key, value) = BeeModel.operation(node.node.value!)
          if let value { try bee.put(key, value) } else { try bee.delete(key) }
          if node.node.value == refused { throw Refusal() }
        }
      }
      made = Hyperbee(view.unwrapped)
    }

    func entries() throws -> [[UInt8]: [UInt8]] { try Self.entries(bee) }

    static func entries(_ bee: Hyperbee) throws -> [[UInt8]: [UInt8]] {
      var found: [[UInt8]: [UInt8]] = [:]
      var range = try bee.range()
      while let entry = try range.next() { found[entry.key] = entry.value ?? [] }
      return found
    }
  }

  private enum BeeModel {
    /// An entry is a key of one byte and a value; one without a value deletes.
    static func operation(_ entry: [UInt8]) -> (key: [UInt8], value: [UInt8]?) {
      ([entry[0]], entry.count == 1 ? nil : Array(entry.dropFirst()))
    }

    /// What the entries of a base lead to, in the order of its plain view.
    static func entries(_ inputs: [any CausalLog]) throws -> [[UInt8]: [UInt8]] {
      let base = ClassicAutobase(inputs: inputs, autostart: true)
      let view = base.view!
      try view.update()
      var found: [[UInt8]: [UInt8]] = [:]
      for index in 0..<view.length {
        let (key, value) = operation(try view.value(at: index))
        found[key] = value
      }
      return found
    }
  }

  private func append(
    _ count: Int, to inputs: [any CausalLog & AppendableLog], using random: inout SeededGenerator
  ) throws {
    let author = ClassicAutobase(inputs: inputs)
    for _ in 0..<count {
      let values = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        [UInt8.random(in: 0..<60, using: &random)]
          + random.bytes(Int.random(in: 0..<4, using: &random) == 0 ? 0 : 6)
      }
      let clock = Bool.random(using: &random) ? CausalClock() : try author.latest()
      try author.append(values, clock: clock, input: inputs.randomElement(using: &random)!)
    }
  }

  @Test(arguments: 0..<6) func `A bee over a view is right after every change of the order`(_ number: Int) throws {
    let seed = UInt64(0xbee0 + number)
    var random = SeededGenerator(seed: seed)
    let store = try Corestore.inMemory()
    let inputs: [any CausalLog & AppendableLog] =
      number % 2 == 0
      ? try (0..<3).map { try store.get(name: "input \($0)") } : (0..<3).map { KeyedMemoryLog(key: ViewWorld.key($0)) }
    let memory = try BeeView(inputs)
    let stored = try store.get(name: "output")
    var local = try BeeView(inputs, local: stored)
    let remote = try BeeView(inputs, outputs: [stored])
    for round in 0..<8 {
      try append(6, to: inputs, using: &random)
      if round == 4 { local = try BeeView(inputs, local: stored) }
      let expected = try BeeModel.entries(inputs)
      for (name, subject) in [("memory", memory), ("local", local), ("remote", remote)]
      where round % 3 != 1 || name != "local" {
        let before = try subject.view.length > 0 ? subject.entries() : [:]
        let snapshot = Hyperbee(try subject.view.unwrapped.snapshot())
        try subject.view.update()
        #expect(try subject.entries() == expected, "seed \(seed), round \(round), \(name)")
        #expect(
          try snapshot.version <= 1 || BeeView.entries(snapshot) == before, "seed \(seed), round \(round), \(name)")
        for key in 0..<60 as Range<UInt8> {
          #expect(try subject.bee.get([key])?.value == expected[[key]], "seed \(seed), round \(round), \(name)")
        }
      }
    }
    // The output is read by somebody who applies nothing.
    try local.view.update()
    let reader = try BeeView(inputs, outputs: [stored])
    #expect(try reader.view.update() == ViewStatus())
    #expect(try reader.entries() == BeeModel.entries(inputs))
    #expect(try stored.has(0..<stored.length))
    #expect(memory.view.length == stored.length)
  }

  @Test func `A bee is right after an apply call that threw in the middle`() throws {
    let stored = try Corestore.inMemory().get(name: "output")
    for local in [nil, stored] {
      let world = ViewWorld("ab")
      let subject = try BeeView(world.logs, local: local)
      try world.author.append([[1, 10], [2, 20]], clock: CausalClock(), input: world.log("a"))
      try world.author.append([[3, 30], [4, 40], [5, 50]], clock: CausalClock(), input: world.log("b"))
      try subject.view.update()
      let before = try subject.entries()
      try world.author.append([[6, 60], [7, 70], [1]], clock: world.author.latest(), input: world.log("a"))
      subject.refused = [7, 70]
      #expect(throws: ApplyError.self) { try subject.view.update() }
      #expect(try subject.entries() == before)
      #expect(try subject.bee.get([6]) == nil)
      subject.refused = nil
      try subject.view.update()
      #expect(try subject.entries() == BeeModel.entries(world.logs))
      #expect(throws: ViewError.appendOutsideApply) { try subject.bee.put([1], [1]) }
    }
  }

  @Test func `The view is an ordinary log for a bee of the outside`() throws {
    // As in the published example: two writers with outputs, and a reader that is not part of the group.
    let store = try Corestore.inMemory()
    let users = try (1...2).map { try store.get(name: "user \($0)") }
    let outputs = try (1...2).map { try store.get(name: "output \($0)") }
    let writers = try outputs.map { try BeeView(users, local: $0) }
    let reader = try BeeView(users, outputs: outputs)
    try writers[0].base.append([UInt8(ascii: "a"), 1], input: users[0])
    try writers[1].base.append([UInt8(ascii: "b"), 2], input: users[1])
    for subject in writers + [reader] {
      try subject.view.update()
      #expect(try subject.entries() == [[0x61]: [1], [0x62]: [2]])
    }
    #expect(users.map(\.length) == [1, 1])
    #expect(outputs.map(\.length) == [3, 3])
    #expect(reader.view.inMemoryLength == 0)
  }

  @Test func `A bee is right after somebody else rewrote the local output`() throws {
    var random = SeededGenerator(seed: 0xbee)
    let world = ViewWorld("ab")
    let output = world.output()
    let subjects = try (0..<2).map { _ in try BeeView(world.logs, local: output) }
    for round in 0..<20 {
      try append(3, to: world.logs, using: &random)
      let subject = subjects[Int.random(in: 0..<2, using: &random)]
      try subject.view.update()
      #expect(try subject.entries() == BeeModel.entries(world.logs), "round \(round)")
    }
    #expect(output.fork > 3)
  }

  /// As the published example with conflict resolution: what an entry replaces without having seen it is noted.
  @Test func `Apply tells conflicts by the clocks`() throws {
    let store = try Corestore.inMemory()
    let users = try (1...2).map { try store.get(name: "user \($0)") }
    let outputs = try (1...2).map { try store.get(name: "output \($0)") }
    func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    var bases: [ClassicAutobase] = []
    var bees: [Hyperbee] = []
    for (index, output) in outputs.enumerated() {
      let base = ClassicAutobase(inputs: users, localInput: users[index], localOutput: output)
      try base.start { batch, context in
        let bee = bees[index]
        for node in batch {
          let parts = node.node.value!.split(separator: UInt8(ascii: "=")).map(Array.init)
          // A value is kept with the place of its entry: the number of the input, and the sequence number.
          if let old = try bee.get(parts[0])?.value {
            let sees = context.localClock.covers(users[Int(old[0])].key, UInt64(old[1]))
            if sees {
              try bee.delete(text("conflict/") + parts[0])
            } else {
              try bee.put(text("conflict/") + parts[0], old)
            }
          }
          let place = [UInt8(users.firstIndex { $0.key == context.change }!), UInt8(node.node.seq)]
          try bee.put(parts[0], place + parts[1])
        }
      }
      bees.append(Hyperbee(base.view!.unwrapped))
      bases.append(base)
    }
    for value in ["a=a", "b=b", "c=c"] { try bases[0].append(text(value), clock: CausalClock()) }
    try bases[1].append(text("a=a*"), clock: CausalClock())
    try bases[1].view?.update()
    #expect(try bees[1].get(text("a"))?.value?.dropFirst(2) == text("a*")[...], "the last one wins")
    #expect(try bees[1].get(text("conflict/a")) != nil)
    try bases[1].append(text("a=resolved"))
    for (base, bee) in zip(bases, bees) {
      try base.view?.update()
      #expect(try bee.get(text("a"))?.value?.dropFirst(2) == text("resolved")[...])
      #expect(try bee.get(text("conflict/a")) == nil)
      #expect(try bee.get(text("b"))?.value?.dropFirst(2) == text("b")[...])
    }
  }
}
