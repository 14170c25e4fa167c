import CompactEncoding
import Hyperschema
import JSON
import TestSupport

/// A schema made from a seed, and values that fit its types.
struct RandomSchema {
  let schema: Schema
  let dialect: Dialect
  let names: [String]
  private let descriptions: [JSON]

  init(_ dialect: Dialect, _ random: inout SeededGenerator) throws {
    var descriptions: [JSON] = []
    for i in 0..<12 { descriptions.append(Self.type(i, descriptions, dialect, &random)) }
    try self.init(descriptions, on: SchemaDefinition(), dialect)
  }

  private init(_ descriptions: [JSON], on previous: SchemaDefinition, _ dialect: Dialect) throws {
    self.descriptions = descriptions
    self.dialect = dialect
    var builder = SchemaBuilder(previous, dialect: dialect)
    for description in descriptions { try builder.register(description, in: "t") }
    let built = try builder.build()
    schema = try Schema(built, dialect: dialect)
    names = built.types.map(\.fullName)
  }

  /// The schema with optional fields appended to structs that may grow: those that are neither compact nor the items of
  /// a record, which are bare, nor empty, whose flags are expected even where no byte is.
  func grown(_ random: inout SeededGenerator) throws -> RandomSchema {
    var bare = Set(descriptions.compactMap { $0["record"] == nil ? nil : $0["value"]?.string })
    for description in descriptions.reversed() {
      guard let name = description["name"]?.string, bare.contains("@t/" + name) else { continue }
      if let target = description["alias"]?.string { bare.insert(target) }
    }
    var grown: [JSON] = []
    for description in descriptions {
      guard var object = description.object, let fields = object["fields"]?.array, !fields.isEmpty,
        object["compact"]?.bool != true,
        !bare.contains("@t/" + (object["name"]?.string ?? ""))
      else {
        grown.append(description)
        continue
      }
      let added = (0..<random.next() % 3).map { i -> JSON in
        ["name": .string("new\(i)"), "type": .string(Self.scalars.randomElement(using: &random) ?? "uint")]
      }
      object["fields"] = .array(fields + added)
      grown.append(.object(object))
    }
    return try RandomSchema(grown, on: schema.definition, dialect)
  }

  private static let scalars = [
    "uint", "uint8", "uint24", "uint40", "uint64", "int", "int16", "int48", "float64", "lexint", "string", "hex",
    "buffer", "optionalBuffer", "fixed32", "fixed64", "date", "bool", "json", "bigint", "biguint64", "bigint64", "port",
    "ipv4", "ip", "none", "ascii",
  ]

  private static func type(
    _ i: Int, _ previous: [JSON], _ dialect: Dialect, _ random: inout SeededGenerator
  ) -> JSON {
    let name = JSON.string("t\(i)")
    let pick = { (random: inout SeededGenerator) -> JSON in
      if let other = previous.randomElement(using: &random)?["name"]?.string, random.next() % 3 == 0 {
        return .string("@t/" + other)
      }
      return .string(scalars.randomElement(using: &random) ?? "uint")
    }
    switch random.next() % 10 {
    case 0: return ["name": name, "array": true, "type": pick(&random)]
    case 1: return ["name": name, "record": true, "key": "string", "value": pick(&random)]
    case 2: return ["name": name, "enum": ["red", "green", "blue"], "offset": .integer(Int64(random.next() % 2))]
    case 3: return ["name": name, "enum": ["red", "green"], "strings": true]
    case 4: return ["name": name, "alias": pick(&random)]
    default: break
    }
    var fields: [JSON] = []
    for f in 0..<random.next() % 10 {
      let type = random.next() % 8 == 0 ? "uint\(1 + random.next() % 7)" : pick(&random).string ?? "uint"
      var field = JSONObject([("name", .string("f\(f)")), ("type", .string(type))])
      if random.next() % 2 == 0 { field["required"] = true }
      if random.next() % 5 == 0, !isBits(type) { field["array"] = true }
      let target = previous.first { $0["name"]?.string.map { "@t/" + $0 } == type }
      if target?["compact"]?.bool == true, target?["fields"] != nil, random.next() % 2 == 0, field["array"] == nil {
        field["inline"] = true
      }
      fields.append(.object(field))
    }
    return ["name": name, "compact": .bool(random.next() % 2 == 0), "fields": .array(fields)]
  }

  private static func isBits(_ type: String) -> Bool {
    type.count == 5 && type.hasPrefix("uint") && type != "uint8"
  }

  // MARK: Values

  /// A value of a type. Optional fields are left out half of the time, and below a depth always.
  func value(_ type: String, _ random: inout SeededGenerator, depth: Int) -> Value {
    guard let definition = schema.definition.types.first(where: { $0.fullName == type }) else {
      return scalar(type, &random)
    }
    switch definition.kind {
    case .alias(let target, _): return value(target, &random, depth: depth)
    case .enumeration(let keys):
      let index = Int(random.next() % UInt64(keys.keys.count))
      return keys.strings == true
        ? .string(keys.keys[index].key)
        // The older release has no enums of texts.
        : .integer(Int64(index + keys.offset))
    case .array(let element): return list(element, &random, depth: depth)
    case .record(_, let element):
      return .object(
        (0..<random.next() % 3).map { ("k\($0)", value(element, &random, depth: depth + 1)) })
    case .structure(let structure):
      return .object(
        structure.fields.compactMap { field in
          if field.required != true, depth > 4 || random.next() % 2 == 0 { return nil }
          return (
            field.name,
            field.array == true
              ? list(field.type, &random, depth: depth) : value(field.type, &random, depth: depth + 1)
          )
        })
    case .external, .versioned: return .null
    }
  }

  private func list(_ type: String, _ random: inout SeededGenerator, depth: Int) -> Value {
    let hasBytes = type != "none" && minimumIsPositive(type)
    return .array((0..<(hasBytes ? random.next() % 3 : 0)).map { _ in value(type, &random, depth: depth + 1) })
  }

  /// Whether every value of a type takes at least a byte: lists of others are limited when read.
  private func minimumIsPositive(_ type: String) -> Bool {
    guard let definition = schema.definition.types.first(where: { $0.fullName == type }) else { return type != "none" }
    switch definition.kind {
    case .alias(let target, _): return minimumIsPositive(target)
    case .structure(let structure): return !structure.compact || structure.flagsPosition >= 0
    default: return true
    }
  }

  private func scalar(_ type: String, _ random: inout SeededGenerator) -> Value {
    let number = random.next() >> (11 + random.next() % 53)
    switch type {
    case "uint", "uint64": return .unsigned(number)
    case "lexint": return .unsigned(number & 0xffff_ffff)
    case "uint8": return .unsigned(number & 0xff)
    case "uint24": return .unsigned(number & 0xff_ffff)
    case "uint40": return .unsigned(number & 0xff_ffff_ffff)
    case "port": return .unsigned(number & 0xffff)
    case "int": return .integer(Int64(number >> 1) * (random.next() % 2 == 0 ? 1 : -1))
    case "int16": return .integer(Int64(number & 0x7fff) - 0x4000)
    case "int48": return .integer(Int64(number & 0x7fff_ffff_ffff) - 0x4000_0000_0000)
    case "float64": return .number(Double(bitPattern: number << 11))
    case "string", "ascii": return .string(String(number, radix: 36))
    case "hex": return .string(Hex.encode(random.bytes(Int(number % 9))))
    case "buffer": return .bytes(random.bytes(1 + Int(number % 300)))
    case "optionalBuffer": return number % 2 == 0 ? .null : .bytes(random.bytes(1 + Int(number % 9)))
    case "fixed32": return .bytes(random.bytes(32))
    case "fixed64": return .bytes(random.bytes(64))
    case "date": return .date(milliseconds: Int64(number >> 2))
    case "bool": return .bool(number % 2 == 0)
    case "json": return ["a": .integer(Int64(number >> 1)), "b": [nil, true, "x"]]
    case "bigint": return .bigint(BigInteger(isNegative: number % 2 == 0, words: [number, random.next()]))
    case "biguint64": return .bigint(BigInteger(random.next()))
    case "bigint64": return .bigint(BigInteger(Int64(bitPattern: random.next())))
    case "ipv4", "ip": return .string(IPv4Address(bits: UInt32(truncatingIfNeeded: random.next())).description)
    case "none": return .null
    default: return .unsigned(random.next() & 0x7f)  // bits of a struct
    }
  }
}
