import CompactEncoding
import Hyperschema
import JSON
import TestSupport
import Testing

/// Random schemas with random values, mangled bytes and hostile nesting.
@Suite struct PropertyTests {
  @Test(arguments: 0..<40 as Range<UInt64>)
  func randomSchemasRoundTrip(seed: UInt64) throws {
    for dialect in [Dialect.current, .legacy] {
      var random = SeededGenerator(seed: seed)
      let model = try RandomSchema(dialect, &random)
      for type in model.names {
        let encoding = try model.schema.encoding(type)
        for _ in 0..<10 {
          let value = model.value(type, &random, depth: 0)
          let bytes = try encoding.encode(value)
          let decoded = try encoding.decode(bytes)
          #expect(try encoding.encode(decoded) == bytes, "seed \(seed), \(type), \(JSON(value))")
          #expect(try encoding.decode(encoding.encode(decoded)) == decoded, "seed \(seed), \(type)")
        }
      }
    }
  }

  /// Bytes of an old version read with a new one, and the other way round, agree on the fields that both know.
  @Test(arguments: 0..<40 as Range<UInt64>)
  func evolutionKeepsOldFields(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let model = try RandomSchema(.current, &random)
    let next = try model.grown(&random)
    for type in model.names {
      let (old, new) = (try model.schema.encoding(type), try next.schema.encoding(type))
      guard let names = old.layout?.names, new.layout?.names.starts(with: names) == true else { continue }
      let value = next.value(type, &random, depth: 0)
      let before = try old.decode(new.encode(value))
      let after = try new.decode(old.encode(value))
      for name in names { #expect(same(before[name], after[name]), "seed \(seed), \(type), \(name)") }
    }
  }

  /// Whether two values agree on what both know: nested structs may have grown.
  private func same(_ a: Value, _ b: Value) -> Bool {
    switch (a, b) {
    case (.array(let a), .array(let b)): a.count == b.count && zip(a, b).allSatisfy(same)
    case (.object(let a), .object(let b)):
      a.members.allSatisfy { b.layout.position(of: $0.0) == nil || same($0.1, b[$0.0]) }
    default: a == b
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func everyChangedByteIsHarmless(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let model = try RandomSchema(.current, &random)
    for type in model.names {
      let encoding = try model.schema.encoding(type)
      let bytes = try encoding.encode(model.value(type, &random, depth: 0))
      for i in bytes.indices {
        var mangled = bytes
        for byte in [0xfd, 0xff, UInt8(truncatingIfNeeded: random.next())] {
          mangled[i] = byte
          guard let value = try? encoding.decode(mangled) else { continue }
          _ = try? encoding.encode(value)
        }
        _ = try? encoding.decode(Array(bytes[..<i]))
      }
    }
  }

  private func tree() throws -> Encoding {
    var builder = SchemaBuilder()
    try builder.register(
      [
        "name": "tree",
        "fields": [
          ["name": "v", "type": "uint", "required": true], ["name": "left", "type": "@t/tree"],
          ["name": "kids", "type": "@t/tree", "array": true],
        ],
      ], in: "t")
    return try Schema(builder.build()).encoding("@t/tree")
  }

  @Test func hostileNestingIsRefused() throws {
    let encoding = try tree()
    var bytes: [UInt8] = [1, 0]
    var value: Value = ["v": 1]
    for level in 1...5000 {
      bytes = [1, 1] + Writer.bytes(count: uintSize(UInt64(bytes.count))) { $0.uint(UInt64(bytes.count)) } + bytes
      if level < maximumNesting + 10 { value = ["v": 1, "left": value] }
      if level == 100 { #expect(try encoding.encode(encoding.decode(bytes)) == bytes) }
    }
    #expect(throws: DecodingError.self) { try encoding.decode(bytes) }
    #expect(throws: EncodingError.self) { try encoding.encode(value) }
  }

  /// The deepest value that can be written can be read.
  @Test func theLimitIsTheSameBothWays() throws {
    let encoding = try tree()
    var value: Value = ["v": 1]
    var deepest: [UInt8] = []
    while let bytes = try? encoding.encode(value) {
      deepest = bytes
      value = ["v": 1, "kids": [value]]
    }
    #expect(try encoding.encode(encoding.decode(deepest)) == deepest)
  }

  @Test func countsAreBoundedByTheBytes() throws {
    var builder = SchemaBuilder()
    try builder.register(["name": "nothing", "compact": true, "fields": []], in: "t")
    try builder.register(["name": "list", "array": true, "type": "@t/nothing"], in: "t")
    try builder.register(["name": "map", "record": true, "key": "string", "value": "none"], in: "t")
    let schema = try Schema(builder.build())
    for type in ["@t/list", "@t/map"] {
      #expect(throws: DecodingError.self) { try schema.decode(type, [0xfe, 0, 0, 0x10, 0]) }
      #expect(throws: DecodingError.self) { try schema.decode(type, [0xfe, 0xff, 0xff, 0xff, 0xff]) }
    }
  }

  @Test func errorsNameTheField() throws {
    let encoding = try tree()
    let error = #expect(throws: EncodingError.self) {
      try encoding.encode(["v": 1, "left": ["v": 1, "kids": [["v": "text"]]]])
    }
    #expect(error?.description == "Expected an integer, found text (in left/kids/v)")
  }

  @Test func schemasThatCannotBeCompiledAreRefused() throws {
    let texts = [
      #"{}"#, #"{"version":1}"#, #"{"version":-1,"schema":[]}"#, #"{"version":1,"schema":[{}]}"#,
      #"{"version":1,"schema":[{"name":"a","namespace":"t","alias":"@t/a","version":1}]}"#,
      #"{"version":1,"schema":[{"name":"a","namespace":"t","alias":"@t/b","version":1},{"name":"b","namespace":"t","alias":"@t/a","version":1}]}"#,
      #"{"version":1,"schema":[{"name":"a","namespace":"t","fields":[{"name":"x","type":"uint","version":1},{"name":"x","type":"uint","version":1}]}]}"#,
      #"{"version":1,"schema":[{"name":"a","namespace":"t","flagsPosition":7,"fields":[]}]}"#,
      #"{"version":1,"schema":[{"name":"a","namespace":"t","compact":true,"fields":[{"name":"x","type":"@t/a","inline":true,"version":1}]}]}"#,
      #"{"version":1,"schema":[{"name":"a","namespace":"t","fields":[]},{"name":"a","namespace":"t","fields":[]}]}"#,
      #"{"version":1,"schema":[{"name":"a","namespace":"t","external":"X"}]}"#,
      #"{"version":1,"schema":[{"name":"a","namespace":"t","versions":[{"type":"uint","version":1}]}]}"#,
      #"{"version":1,"schema":[{"name":"a","namespace":"t","array":true,"type":"uint3"}]}"#,
    ]
    for text in texts {
      #expect(throws: SchemaError.self, "\(text)") { try Schema(JSON(parsing: text)) }
    }
    let fields = (0..<54).map { #"{"name":"f\#($0)","type":"bool","version":1}"# }.joined(separator: ",")
    let wide = #"{"version":1,"schema":[{"name":"a","namespace":"t","fields":[\#(fields)]}]}"#
    #expect(throws: SchemaError.self) { try Schema(JSON(parsing: wide)) }
  }

  /// An array type that contains itself is read and written; every level takes a byte.
  @Test func typesMayContainThemselves() throws {
    let text = #"{"version":1,"schema":[{"name":"a","namespace":"t","array":true,"type":"@t/a"}]}"#
    let encoding = try Schema(JSON(parsing: text)).encoding("@t/a")
    let value: Value = [[], [[], []]]
    #expect(try encoding.encode(value) == [2, 0, 2, 0, 0])
    #expect(try encoding.decode([2, 0, 2, 0, 0]) == value)
    #expect(throws: DecodingError.self) { try encoding.decode([UInt8](repeating: 1, count: 5000)) }
  }
}
