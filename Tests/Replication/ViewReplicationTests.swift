import AutobaseClassic
import CompactEncoding
import Corestore
import Hypercore
import TestSupport
import Testing

@testable import Replication

/// Linearized views over outputs that come from another store.
@Suite struct ViewReplicationTests {
  @Test func `A reader goes on from replicated outputs, whatever is truncated`() throws {
    let pair = try StoreReplicatorTests.Pair()
    var random = SeededGenerator(seed: 0x71e3)
    let names = ["a", "b", "c"]
    let inputs = try names.map { try pair.stores[0].get(name: $0) }
    let output = try pair.stores[0].get(name: "output")
    let copies = try inputs.map { try pair.stores[1].get(key: $0.key) }
    let outputCopy = try pair.stores[1].get(key: output.key)
    for log in inputs + [output] { pair.replicators[0].activate(log) }
    for log in copies + [outputCopy] { pair.replicators[1].activate(log, policy: .everything) }

    let writer = ClassicAutobase(inputs: inputs, localOutput: output, autostart: true)
    let reader = ClassicAutobase(inputs: copies, outputs: [outputCopy], autostart: true)
    let view = try #require(reader.view)
    var behind = 0
    for round in 0..<12 {
      for _ in 0..<3 {
        let place = Int.random(in: 0..<3, using: &random)
        let values = (0..<Int.random(in: 1...2, using: &random)).map { Array("\(names[place])\(round).\($0)".utf8) }
        try writer.append(
          values, clock: Bool.random(using: &random) ? CausalClock() : writer.latest(), input: inputs[place])
      }
      let isStored = Int.random(in: 0..<3, using: &random) > 0
      if isStored { try writer.view?.update() }
      try pair.replicators[0].logsChanged()
      try pair.run()
      #expect(copies.map(\.length) == inputs.map(\.length))
      #expect((outputCopy.length, outputCopy.fork) == (output.length, output.fork))
      let status = try view.update()
      #expect(view.unreadableOutputs.isEmpty)
      if isStored {
        #expect(status.added == 0)
        #expect(view.inMemoryLength == 0)
      } else {
        behind += 1
      }
      let plain = ClassicAutobase(inputs: inputs, autostart: true)
      let expected = try #require(plain.view)
      try expected.update()
      #expect(view.length == expected.length)
      #expect(
        try (0..<view.length).map { try view.value(at: $0) } == (0..<view.length).map { try expected.value(at: $0) })
    }
    #expect(behind > 0)
    #expect(output.fork > 0)
  }
}
