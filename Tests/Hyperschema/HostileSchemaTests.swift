import CompactEncoding
import Hyperschema
import JSON
import Testing

/// Schema files of somebody else: small ones that would take all memory, all time or the stack.
@Suite struct HostileSchemaTests {
  private func schema(_ types: [JSON]) throws -> Schema { try Schema(["version": 1, "schema": .array(types)]) }

  private func structure(_ name: String, _ fields: [JSON], compact: Bool = true) -> JSON {
    ["name": .string(name), "namespace": "t", "compact": .bool(compact), "fields": .array(fields)]
  }

  private func field(_ name: String, _ type: String, inline: Bool? = nil) -> JSON {
    var object = JSONObject([("name", .string(name)), ("required", true), ("type", .string(type)), ("version", 1)])
    object["inline"] = inline.map { .bool($0) }
    return .object(object)
  }

  /// A field name twice among many, in a struct that a versioned type refers to: found before anything is laid out.
  @Test func repeatedFieldsOfAVersion() {
    let fields = (0..<12).map { field("f\($0 % 11)", "uint") }
    let versions: JSON = ["type": "@t/a", "map": nil, "version": 1]
    #expect(throws: SchemaError.self) {
      try schema([["name": "v", "namespace": "t", "versions": [versions]], structure("a", fields)])
    }
  }

  /// Types that refer to the next one, arrays, aliases and inline structs alike.
  @Test func longChains() throws {
    let count = 20_000
    let arrays: [JSON] = (0..<count).map {
      [
        "name": .string("a\($0)"), "namespace": "t", "array": true,
        "type": .string($0 + 1 < count ? "@t/a\($0 + 1)" : "uint"),
      ]
    }
    #expect(throws: SchemaError.self) { try schema(arrays) }
    let aliases: [JSON] = (0..<count).map {
      [
        "name": .string("a\($0)"), "namespace": "t", "alias": .string($0 + 1 < count ? "@t/a\($0 + 1)" : "uint"),
        "version": 1,
      ]
    }
    #expect(throws: SchemaError.self) { try schema(aliases) }
    let inline = (0..<count).map {
      structure("a\($0)", $0 + 1 < count ? [field("f", "@t/a\($0 + 1)", inline: true)] : [field("f", "uint")])
    }
    #expect(throws: SchemaError.self) { try schema(inline) }
    #expect(throws: Never.self) { try schema(Array(arrays.suffix(200))) }
  }

  /// Each struct holds the next one twice: 40 of them would be 2^40 records, made of no bytes at all.
  @Test func doublingStructs() throws {
    func types(_ count: Int) -> [JSON] {
      (0..<count).map { i in
        structure(
          "a\(i)", i + 1 < count ? [field("x", "@t/a\(i + 1)"), field("y", "@t/a\(i + 1)")] : [field("x", "none")])
      }
    }
    #expect(throws: SchemaError.self) { try schema(types(40)) }
    #expect(throws: Never.self) { try schema(types(10)).decode("@t/a0", []) }
  }

  /// Items of no bytes: as many as the input has bytes, however the arrays are nested.
  @Test func emptyItems() throws {
    let schema = try schema([
      structure("nothing", []), ["name": "list", "namespace": "t", "array": true, "type": "@t/nothing"],
      ["name": "lists", "namespace": "t", "array": true, "type": "@t/list"],
    ])
    #expect(try schema.decode("@t/list", [2]).array?.count == 2)
    let count = 100
    #expect(throws: DecodingError.self) {
      try schema.decode("@t/lists", [UInt8(count)] + [UInt8](repeating: 90, count: 2 * count))
    }
    let codec = try #require(Codec("array(array(none))"))
    #expect(throws: DecodingError.self) { try codec.decode([100] + [UInt8](repeating: 90, count: 200)) }
  }

  /// Many types with inline structs are found by their place, not one after the other.
  @Test func manyInlineStructs() throws {
    let count = 3_000
    let types = (0..<count).flatMap { i in
      [structure("a\(i)", [field("f", "uint")]), structure("b\(i)", [field("g", "@t/a\(i)", inline: true)])]
    }
    #expect(throws: Never.self) { try schema(types) }
  }
}
