import CompactEncoding
import IndexEncoder
import JSON
import TestSupport
import Testing

@Suite struct IndexEncoderVectorTests {
  @Test func tuples() throws {
    let cases = try Vectors.load("04-index-encoder").list("encode")
    for item in cases {
      let encoder = try encoder(item)
      let bytes = try encoder.encode(try item.list("values").map(value))
      #expect(try bytes == item.hex("hex"), "\(item)")
      let decoded = try encoder.decode(bytes).enumerated().map { index, found in
        plain(found, encoder.types[index])
      }
      #expect(JSON.array(decoded) == (try item.at("decoded")), "\(item)")
    }
    #expect(!cases.isEmpty)
  }

  @Test func ranges() throws {
    let cases = try Vectors.load("04-index-encoder").list("ranges")
    for item in cases {
      let query = try item.members("query")
      var bounds = Bounds<[IndexValue]>()
      for (name, tuple) in query { try set(&bounds, name, try #require(tuple.array).map(value)) }
      let expected = try keyRange(item.at("range"))
      #expect(try encoder(item).encode(bounds) == expected, "\(item)")
    }
    #expect(!cases.isEmpty)
  }

  @Test func errors() throws {
    let cases = try Vectors.load("04-index-encoder").list("errors")
    for item in cases {
      let error: IndexError?
      if item["decode"] != nil {
        let encoder = IndexEncoder(try types(item.list("decode")))
        error = #expect(throws: IndexError.self, "\(item)") { try encoder.decode(item.hex("hex")) }
      } else {
        let values = try item.list("values").map { json in
          try json == "undefined" ? .undefined : json.string.flatMap { UInt64($0) }.map(IndexValue.uint) ?? value(json)
        }
        let encoder = IndexEncoder(try types(item.list("types")))
        error = #expect(throws: IndexError.self, "\(item)") { try encoder.encode(values) }
      }
      #expect(error?.description == (try item.text("error")))
    }
    #expect(!cases.isEmpty)
  }

  @Test func order() throws {
    let cases = try Vectors.load("04-index-encoder").list("sorted")
    for item in cases {
      let sample = try item.list("sample").map { try $0.hex() }
      let ascending = zip(sample, sample.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) }
      #expect(try ascending == item.flag("ascending"))
      #expect(sample.count > 1)
    }
    #expect(!cases.isEmpty)
  }

  @Test func subEncoders() throws {
    let cases = try Vectors.load("04-index-encoder").list("sub")
    for item in cases {
      let encoder = try subEncoder(item.text("name"))
      for pair in try item.list("keys") {
        let key = Array(try #require(pair[0]?.string).utf8)
        let encoded = try #require(pair[1]).hex()
        #expect(encoder.encode(key) == encoded)
        #expect(encoder.decode(encoded) == key)
      }
      for pair in try item.list("ranges") {
        var range = KeyRange()
        for (name, bound) in try #require(pair[0]?.object) {
          let text = try #require(bound.string)
          try set(&range, name, Array(text.utf8))
        }
        let expected = try #require(pair[1])
        #expect(try encoder.encode(range) == keyRange(expected), "\(item)")
      }
    }
    #expect(!cases.isEmpty)
  }

  // MARK: Reading the file

  func encoder(_ item: JSON) throws -> IndexEncoder {
    IndexEncoder(try types(item.list("types")), prefix: try item.at("prefix").unsigned)
  }

  func types(_ names: [JSON]) throws -> [IndexType] {
    try names.map { name in try #require(name.string.flatMap { IndexType(rawValue: $0) }) }
  }

  func value(_ json: JSON) throws -> IndexValue {
    switch json {
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .string("Infinity"): return .infinity
    case .string(let text): return .string(text)
    case .object: return .buffer(try json.hex("hex"))
    default: return .uint(try json.number())
    }
  }

  func plain(_ value: IndexValue, _ type: IndexType) -> JSON {
    switch value {
    case .undefined, .null: .null
    case .uint(let number): .integer(Int64(number))
    case .infinity: "Infinity"
    case .buffer(let bytes): ["hex": .string(Hex.encode(bytes))]
    case .string(let text): .string(text)
    case .bool(let flag): .bool(flag)
    }
  }

  func set<T>(_ bounds: inout Bounds<T>, _ name: String, _ bound: T) throws {
    switch name {
    case "gt": bounds.gt = bound
    case "gte": bounds.gte = bound
    case "lt": bounds.lt = bound
    case "lte": bounds.lte = bound
    default: throw VectorError("unknown bound \(name)")
    }
  }

  func keyRange(_ json: JSON) throws -> KeyRange {
    var range = KeyRange()
    for (name, bound) in try #require(json.object) { try set(&range, name, try bound.hex()) }
    return range
  }

  /// `sub("a").sub("b")` or `new SubEncoder("p", "utf-8")`: the quoted names are the levels.
  func subEncoder(_ expression: String) throws -> SubEncoder {
    let quoted = expression.split(separator: "\"", omittingEmptySubsequences: false)
    if expression.hasPrefix("new SubEncoder(") { return SubEncoder(String(quoted[1])) }
    let names = stride(from: 1, to: quoted.count, by: 2).map { String(quoted[$0]) }
    return try #require(names.reduce(SubEncoder?.none) { SubEncoder($1, parent: $0) })
  }
}
