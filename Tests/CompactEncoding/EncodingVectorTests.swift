import CompactEncoding
import JSON
import TestSupport
import Testing

/// Every case of `01-encoding`, through the codec that the case's type names.
@Suite struct EncodingVectorTests {
  let file: JSON

  init() throws { file = try Vectors.load("01-encoding") }

  @Test func encodings() throws {
    var count = 0
    for (name, cases) in try file.members("encodings") {
      for item in try #require(cases.array) {
        try check(name, item)
        count += 1
      }
    }
    #expect(count > 0)
  }

  private func check(_ name: String, _ item: JSON) throws {
    if name.hasSuffix("_decoded") {
      let codec = try codec(String(name.dropLast("_decoded".count)), item)
      let bytes = try codec.encode(value(item.at("value"), codec))
      #expect(try codec.decode(bytes) == value(item.at("decoded"), codec), "\(name) \(item)")
      return
    }
    let codec = try codec(name, item)
    let value = try value(item.at("value"), codec)
    let bytes = try item.hex("enc")
    #expect(try codec.encode(value) == bytes, "\(name) \(item)")
    let decoded = try codec.decode(bytes)
    #expect(try codec.encode(decoded) == bytes, "\(name) \(item)")
    if case .double(let number) = value, number.isNaN {
      #expect(decoded.double?.isNaN == true)
    } else if let expected = canonical(value, codec) {
      #expect(decoded == expected, "\(name) \(item)")
    }
    for end in bytes.indices where codec.minimumSize > 0 {
      #expect(throws: DecodingError.self, "\(name) \(item) cut to \(end) bytes") {
        try codec.decode(Array(bytes[..<end]))
      }
    }
  }

  @Test func decodeErrors() throws {
    let cases = try file.list("decodeErrors")
    #expect(!cases.isEmpty)
    for item in cases {
      let codec = try codec(item.text("type"), item)
      let input = try item.hex("input")
      guard let text = item["error"]?.string else {
        #expect(try codec.decode(input) == expected(item.at("decoded"), codec), "\(item)")
        continue
      }
      let error = #expect(throws: DecodingError.self, "\(item)") { try codec.decode(input) }
      // The words of a JSON error are those of the reference's engine.
      guard !text.contains(" in JSON at position ") else { continue }
      let wording = text.hasSuffix(".") ? String(text.dropLast()) : text
      #expect(error?.description.hasPrefix(wording) == true, "\(item): \(String(describing: error))")
    }
  }

  @Test func encodeErrors() throws {
    let cases = try file.list("encodeErrors")
    #expect(!cases.isEmpty)
    for item in cases {
      let codec = try codec(item.text("type"), item)
      let value = try described(item.at("value"))
      guard let text = item["error"]?.string else {
        #expect(try codec.encode(value) == item.hex("enc"), "\(item)")
        continue
      }
      let error = #expect(throws: EncodingError.self, "\(item)") { try codec.encode(value) }
      // A function has no counterpart; a big integer is what `any` refuses here.
      let wording = text.hasPrefix("Unsupported type for ") ? "Unsupported type for " : text
      #expect(error?.description.hasPrefix(wording) == true, "\(item): \(String(describing: error))")
    }
  }

  private func codec(_ name: String, _ item: JSON) throws -> Codec {
    var name = name
    if name == "bitfield(n)" { name = "bitfield(\(try item.number("length")))" }
    if name.hasSuffix("_special") { name = String(name.dropLast("_special".count)) }
    guard let codec = Codec(name) else { throw VectorError("unknown type \(name)") }
    #expect(codec.description == name)
    return codec
  }

  /// The value that a file's JSON stands for: hex for bytes, decimal text for big integers, `$buffer` and `$date`.
  private func value(_ json: JSON, _ codec: Codec) throws -> Value {
    switch codec {
    case .fixed: return .bytes(try json.hex())
    case .array(let item): return .array(try (json.array ?? []).map { try value($0, item) })
    case .frame(let item): return try value(json, item)
    case .primitive(.buffer), .primitive(.optionalBuffer), .primitive(.fixed32), .primitive(.fixed64), .primitive(.raw):
      return json.isNull ? .null : .bytes(try json.hex())
    case .primitive(.biguint64), .primitive(.bigint64), .primitive(.biguint), .primitive(.bigint):
      return .bigint(try #require(json.string.flatMap { BigInteger($0) }))
    case .primitive(.date): return .date(milliseconds: try #require(json.integer))
    case .primitive(.float64), .primitive(.float32):
      switch json.string {
      case nil: return Value(json)
      case "-0": return .double(-0.0)
      case "NaN": return .double(.nan)
      case "Infinity": return .double(.infinity)
      case "-Infinity": return .double(-.infinity)
      default: throw VectorError("unknown number \(json)")
      }
    case .primitive(.any): return try any(json)
    default: return Value(json)
    }
  }

  private func any(_ json: JSON) throws -> Value {
    switch json {
    case .array(let items): return .array(try items.map { try any($0) })
    case .object(let object):
      if let bytes = object["$buffer"] { return .bytes(try bytes.hex()) }
      if let date = object["$date"]?.integer { return .date(milliseconds: date) }
      return .object(try object.map { ($0.key, try any($0.value)) })
    default: return Value(json)
    }
  }

  /// What decoding must give for an encoded value, where that is not the value itself.
  private func canonical(_ value: Value, _ codec: Codec) -> Value? {
    switch (codec, value) {
    case (.primitive(.optionalBuffer), .bytes(let bytes)): bytes.isEmpty ? .null : value
    case (.primitive(.ipv6), .string(let text)), (.primitive(.ip), .string(let text)):
      IPAddress(text).map { .string($0.description) }
    case (.primitive(.ipv4Address), .object(let record)), (.primitive(.ipv6Address), .object(let record)),
      (.primitive(.ipAddress), .object(let record)):
      record["host"].string.flatMap { IPAddress($0) }.map {
        ["host": .string($0.description), "port": record["port"], "family": .integer(Int64($0.family))]
      }
    default: value
    }
  }

  private func expected(_ json: JSON, _ codec: Codec) throws -> Value {
    if case .object(let object) = json, object.keys.enumerated().allSatisfy({ String($0.offset) == $0.element }) {
      return .array(object.map { Value($0.value) })  // a typed array, as JSON prints it
    }
    return try value(json, codec)
  }

  /// The value that a case describes in words.
  private func described(_ json: JSON) throws -> Value {
    guard let text = json.string else { return Value(json) }
    let words = text.split(separator: " ")
    if text == "NaN" { return .double(.nan) }
    if text == "function" { return .bigint(BigInteger(1)) }
    if words.count == 3, words[1] == "zero", words[2] == "bytes", let count = Int(words[0]) {
      return .bytes([UInt8](repeating: 0, count: count))
    }
    if words.count == 2, words[1] == "(wraps)", let number = Int64(words[0]) { return .integer(number) }
    if text.hasPrefix("2^") {
      let parts = text.dropFirst(2).split(separator: "-")
      if let power = parts.first.flatMap({ Int64($0) }), parts.count <= 2 {
        return .integer((1 << power) - (parts.count == 2 ? Int64(parts[1]) ?? 0 : 0))
      }
    }
    throw VectorError("unknown value \(text)")
  }
}
