import AutobaseClassic
import CompactEncoding
import JSON
import TestSupport
import Testing

/// One history of the vector file.
struct Scene {
  let json: JSON
  let name: String
  let keys: [Fixed32]

  init(_ json: JSON) throws {
    self.json = json
    name = try json.text("name")
    keys = try json.list("keys").map { try #require(Fixed32($0.hex())) }
  }

  static func all() throws -> [Scene] {
    let scenes = try Vectors.load("03-classic").list("cases").map { try Scene($0) }
    #expect(!scenes.isEmpty)
    return scenes
  }

  func clock(_ pairs: JSON) throws -> [ClockEntry] {
    try #require(pairs.array).map { pair in
      let numbers = try #require(pair.array)
      return ClockEntry(key: keys[Int(try numbers[0].number())], seq: try numbers[1].number())
    }
  }

  func batch(_ pair: JSON) throws -> BatchPosition {
    let numbers = try #require(pair.array)
    return BatchPosition(index: try numbers[0].number(), rest: try numbers[1].number())
  }

  /// The inputs, from the vector's raw blocks.
  func logs(blocks member: String) throws -> [KeyedMemoryLog] {
    zip(keys, try json.list(member)).map { key, blocks in
      KeyedMemoryLog(key: key, (blocks.array ?? []).map { (try? $0.hex()) ?? [] })
    }
  }
}

/// An entry of the causal order as the vector file spells it.
struct OrderedEntry: Equatable {
  var value: String
  var seq: UInt64
  var operations: UInt64
  var clock: CausalClock
  var batch: BatchPosition
}
