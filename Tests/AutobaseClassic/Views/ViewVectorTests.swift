import AutobaseClassic
import CompactEncoding
import Hypercore
import JSON
import TestSupport
import Testing

/// The scripted views of the vectors. A step tells what the view is like afterwards, and with its last block what the
/// inputs were like: the newest prefix clock covers all of them, and one that is missing was removed.
@Suite struct ViewVectorTests {
  @Test func `Every step of every scripted view has its status, values and output blocks`() throws {
    var count = 0
    for script in try Vectors.load("03-classic").list("views") {
      try expectMembers(["version", "keys", "outputKey", "inputBlocks", "steps"], of: script)
      let version = try script.text("version")
      let format = try #require(["1.0.0-alpha.8": NodeFormat.alpha8, "1.0.0-alpha.9": .alpha9][version])
      for isReopened in [false, true] {
        count += try run(script, format: format, isReopened: isReopened)
      }
    }
    #expect(count > 0)
  }

  /// - Parameter isReopened: whether each step is done by a new base over the same logs.
  private func run(_ script: JSON, format: NodeFormat, isReopened: Bool) throws -> Int {
    let blocks = try script.list("inputBlocks").map { try #require($0.array).map { try $0.hex() } }
    let inputs = try script.list("keys").map { KeyedMemoryLog(key: try #require(Fixed32($0.hex()))) }
    let output = KeyedMemoryLog(key: try script.fixed32("outputKey"))
    var members = inputs
    var base = makeBase(members, output, format)
    var count = 0
    for step in try script.list("steps") {
      try expectMembers(["label", "added", "removed", "values", "outputBlocks"], of: step)
      let label = "\(try script.text("version")), \(try step.text("label"))"
      let expected = try step.list("outputBlocks").map { try $0.hex() }
      let clock = try newestClock(of: expected)
      for (index, input) in inputs.enumerated() {
        let length = Int(clock[input.key].map { $0 + 1 } ?? 0)
        if length == 0, input.length > 0 {
          members.removeAll { $0 === input }
          try base.removeInput(input.key)
        } else if length > input.length {
          try input.append(Array(blocks[index][Int(input.length)..<length]))
        }
      }
      if isReopened { base = makeBase(members, output, format) }
      let view = try #require(base.view)
      try view.update()
      #expect(view.status.added == UInt64(try step.number("added")), "\(label)")
      #expect(view.status.removed == UInt64(try step.number("removed")), "\(label)")
      let values = try step.list("values").map { Array(try #require($0.string).utf8) }
      #expect(try (0..<view.length).map { try view.value(at: $0) } == values, "\(label)")
      #expect(output.blocks.count == expected.count, "\(label)")
      for (index, (block, wanted)) in zip(output.blocks, expected).enumerated() {
        // The reference leaves one byte of any content behind blocks without new keys.
        let hasSpare = format == .alpha9 && wanted[0] & 1 == 0
        #expect(block == wanted || hasSpare && block == wanted.dropLast(), "\(label): block \(index)")
      }
      count += 1
    }
    return count
  }

  private func makeBase(
    _ inputs: [KeyedMemoryLog], _ output: KeyedMemoryLog, _ format: NodeFormat
  )
    -> ClassicAutobase
  {
    var options = ClassicAutobase.Options()
    options.newFormat = format
    options.order = format == .alpha8 ? .alpha8 : .alpha9
    return ClassicAutobase(inputs: inputs, localOutput: output, options: options, autostart: true)
  }

  private func newestClock(of blocks: [[UInt8]]) throws -> CausalClock {
    let log = KeyedMemoryLog(key: Fixed32(), blocks)
    return blocks.isEmpty ? CausalClock() : try #require(try OutputLog(log)).node(at: log.length - 1).clock
  }

  private func expectMembers(_ known: Set<String>, of json: JSON) throws {
    let names = Set(try #require(json.object).keys)
    #expect(names == known)
  }
}
