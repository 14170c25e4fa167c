import AutobaseClassic
import CompactEncoding
import Hypercore
import JSON
import TestSupport
import Testing

/// All histories of the vector file.
@Suite struct VectorTests {
  private static let known: Set<String> = [
    "name", "keys", "ops", "nodes", "causal", "alpha8SameOrder", "alpha8Causal", "readStream", "blocksAlpha9",
    "blocksAlpha8",
  ]

  @Test func `The file holds nothing that is not tested`() throws {
    let file = try Vectors.load("03-classic")
    #expect(Set(try #require(file.object).keys) == ["about", "cases", "views"])
    for scene in try Scene.all() {
      let members = Set(try #require(scene.json.object).keys)
      #expect(members.isSubset(of: VectorTests.known), "\(scene.name): \(members.subtracting(VectorTests.known))")
    }
  }

  @Test(arguments: [NodeFormat.alpha8, .alpha9])
  func `Appending what was appended gives the same blocks`(format: NodeFormat) throws {
    var count = 0
    for scene in try Scene.all() {
      let logs = try scene.write(format)
      let member = format == .alpha8 ? "blocksAlpha8" : "blocksAlpha9"
      guard let expected = scene.json[member]?.array else { continue }
      #expect(expected.count == logs.count)
      for (log, blocks) in zip(logs, expected) {
        let blocks = try #require(blocks.array).map { try $0.hex() }
        #expect(log.blocks.count == blocks.count)
        for (own, block) in zip(log.blocks, blocks) {
          // The reference leaves a byte of any content behind a block whose list of keys turned out empty.
          let isSame = own == block || format == .alpha9 && own == block.dropLast() && block[0] & 1 == 0
          #expect(isSame, "\(scene.name): \(Hex.encode(own)) is not \(Hex.encode(block))")
          count += 1
        }
      }
    }
    #expect(count > 0)
  }

  @Test(arguments: [NodeFormat.alpha8, .alpha9])
  func `Nodes decode as the reference decodes them`(format: NodeFormat) throws {
    var count = 0
    for scene in try Scene.all() {
      let member = format == .alpha8 ? "blocksAlpha8" : "blocksAlpha9"
      let sources = try [scene.write(format)] + (scene.json[member] == nil ? [] : [scene.logs(blocks: member)])
      for logs in sources {
        let base = ClassicAutobase(inputs: logs)
        for json in try scene.json.list("nodes") {
          let key = scene.keys[Int(try json.number("writer"))]
          let node = try base.node(key, try json.number("seq"))
          #expect(TestBase.text(node) == "\(try json.number("writer")):\(node.seq)", "\(scene.name)")
          #expect(node.batch == (try scene.batch(json.at("batch"))), "\(scene.name)")
          #expect(node.clock == CausalClock(try scene.clock(json.at("clock"))), "\(scene.name)")
          count += 1
        }
      }
    }
    #expect(count > 0)
  }

  @Test(arguments: [NodeFormat.alpha8, .alpha9])
  func `The causal stream is that of the reference`(format: NodeFormat) throws {
    var count = 0
    for scene in try Scene.all() {
      let base = ClassicAutobase(inputs: try scene.write(format))
      var stream = try base.causalStream()
      var batchEnd: UInt64 = 0
      for json in try scene.json.list("causal") {
        let fields = try #require(json.array)
        let entry = try #require(try stream.next(), "\(scene.name)")
        if entry.node.batch.isLast { batchEnd = entry.node.seq }
        let expected = OrderedEntry(
          value: try #require(fields[0].string), seq: try fields[1].number(), operations: try fields[2].number(),
          clock: CausalClock(try scene.clock(fields[3])), batch: try scene.batch(fields[4]))
        let found = OrderedEntry(
          value: String(decoding: entry.node.value ?? [], as: UTF8.self), seq: batchEnd,
          operations: entry.operations, clock: entry.clock, batch: entry.node.batch)
        #expect(found == expected, "\(scene.name)")
        count += 1
      }
      #expect(try stream.next() == nil)
    }
    #expect(count > 0)
  }

  @Test func `The older order is that of the reference where it differs, and the newer one elsewhere`() throws {
    var count = 0
    for scene in try Scene.all() {
      var options = ClassicAutobase.Options()
      options.order = .alpha8
      let base = ClassicAutobase(inputs: try scene.write(.alpha8), options: options)
      var stream = try base.causalStream()
      var values: [String] = []
      while let entry = try stream.next() { values.append(String(decoding: entry.node.value ?? [], as: UTF8.self)) }
      let isSame = try scene.json.flag("alpha8SameOrder")
      let expected =
        isSame
        ? try scene.json.list("causal").map { try #require($0.array?.first?.string) }
        : try scene.json.list("alpha8Causal").map { try #require($0.string) }
      #expect(values == expected, "\(scene.name)")
      count += values.count
    }
    #expect(count > 0)
  }
}

extension Scene {
  /// Makes the appends of the scene; the inputs.
  func write(_ format: NodeFormat) throws -> [KeyedMemoryLog] {
    var options = ClassicAutobase.Options()
    options.newFormat = format
    let logs = keys.map { KeyedMemoryLog(key: $0) }
    let base = ClassicAutobase(inputs: logs, options: options)
    for operation in try json.list("ops") {
      #expect(Set(try #require(operation.object).keys) == ["writer", "values", "clock"])
      try base.append(
        operation.list("values").map { Array(try #require($0.string).utf8) }, clock: clock(operation.at("clock")),
        input: logs[Int(try operation.number("writer"))])
    }
    return logs
  }
}
