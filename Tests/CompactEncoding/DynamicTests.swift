import CompactEncoding
import JSON
import TestSupport
import Testing

/// Dynamic values and codecs beyond the vectors: random round trips, mangled and hostile bytes, text forms.
@Suite struct DynamicTests {
  @Test(arguments: 0..<20 as Range<UInt64>)
  func anyRoundTripsAndSurvivesMangling(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let codec = Codec.primitive(.any)
    for _ in 0..<20 {
      let value = random.value(depth: 0)
      let bytes = try codec.encode(value)
      #expect(try codec.decode(bytes) == value, "seed \(seed)")
      for i in bytes.indices {
        var mangled = bytes
        mangled[i] = UInt8(truncatingIfNeeded: random.next())
        if let decoded = try? codec.decode(mangled) { _ = try? codec.encode(decoded) }
        #expect(throws: DecodingError.self) { try codec.decode(Array(bytes[..<i])) }
      }
    }
  }

  @Test func hostileCountsAndNestingAreRefused() throws {
    let any = Codec.primitive(.any)
    #expect(throws: DecodingError.self) { try any.decode([UInt8](repeating: 7, count: 100_000)) }
    #expect(throws: DecodingError.self) {
      try any.decode((0..<100_000).flatMap { _ in [7, 1] as [UInt8] } + [0])
    }
    #expect(throws: DecodingError.self) { try any.decode([7, 0xff] + [UInt8](repeating: 0xff, count: 8)) }
    var deep: Value = []
    for _ in 0..<maximumNesting { deep = [deep] }
    #expect(throws: EncodingError.self) { try any.encode(deep) }
    for name in ["array(none)", "array(uint)", "record(string,uint)", "uint16array", "biguint", "buffer", "frame(raw)"]
    {
      let codec = try #require(Codec(name))
      #expect(throws: DecodingError.self, "\(name)") { try codec.decode([0xfe, 0, 0, 0x10, 0]) }
      #expect(throws: DecodingError.self, "\(name)") { try codec.decode([UInt8](repeating: 0xff, count: 9)) }
    }
  }

  @Test(arguments: 0..<50 as Range<UInt64>)
  func bigIntegersRoundTrip(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let words = (0..<random.next() % 5).map { _ in random.next() % 3 == 0 ? 0 : random.next() }
    for number in [BigInteger(words: words), BigInteger(isNegative: true, words: words)] {
      #expect(BigInteger(number.description) == number, "seed \(seed)")
      let codec = Codec.primitive(.bigint)
      #expect(try codec.decode(codec.encode(.bigint(number))) == .bigint(number), "seed \(seed)")
    }
  }

  @Test func bigIntegerLimits() {
    #expect(BigInteger(Int64.min).integer == .min)
    #expect(BigInteger(Int64.max).integer == .max)
    #expect(BigInteger("9223372036854775808")?.integer == nil)
    #expect(BigInteger("-9223372036854775809")?.integer == nil)
    #expect(BigInteger("18446744073709551615")?.unsigned == .max)
    #expect(BigInteger("-0") == BigInteger(0))
    for text in ["", "-", "1a", "+1", " 1"] { #expect(BigInteger(text) == nil) }
  }

  @Test func addressesAreParsedStrictly() {
    let refused = [
      "", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1..2.3", "a.b.c.d", "+1.2.3.4", "1.2.3.-4", ":", ":::", "1:2:3", "::1::",
      "1:2:3:4:5:6:7:8:9", "12345::", "g::", "1:2:3:4:5:6:7::8:9", "1:", ":1", "1::2:", "::ffff:1.2.3.4",
    ]
    for text in refused { #expect(IPAddress(text) == nil, "\(text)") }
    #expect(IPAddress("1::8")?.description == "1:0:0:0:0:0:0:8")
    #expect(IPAddress("::")?.description == "0:0:0:0:0:0:0:0")
    #expect(IPAddress("FE80::1")?.description == "fe80:0:0:0:0:0:0:1")
  }

  @Test func base64OfEveryLength() {
    var random = SeededGenerator(seed: 1)
    for count in 0..<50 {
      let bytes = random.bytes(count)
      let text = Base64.encode(bytes)
      #expect(text.utf8.count % 4 == 0)
      #expect(Base64.decode(text) == bytes)
      #expect(Base64.decode(text.replacing("=", with: "")) == bytes)
    }
    #expect(Base64.encode(Array("Many hands".utf8)) == "TWFueSBoYW5kcw==")
    for text in ["A", "A?==", "A=AA", "é"] { #expect(Base64.decode(text) == nil) }
  }

  @Test func recordsKeepTheReferencesOrder() throws {
    let record = Record(members: [("b", 1), ("10", 2), ("a", 3), ("2", 4), ("b", 5), ("01", 6), ("4294967295", 7)])
    #expect(record.layout.names == ["2", "10", "b", "a", "01", "4294967295"])
    #expect(record["b"] == 5)
    #expect(record["none"] == .undefined)
    var copy = record
    copy["new"] = true
    #expect(copy.layout.names.last == "new")
    #expect(copy != record)
    copy["new"] = .undefined
    #expect(copy == record)
    #expect(copy.hashValue == record.hashValue)
  }

  @Test func typedContainers() throws {
    struct Pairs: CompactEncodable {
      let pairs: [(key: String, value: Fixed32)]
      func measure(_ size: inout Size) { size.record(pairs) }
      func encode(into writer: inout Writer) { writer.record(pairs) }
    }
    let pairs: [(key: String, value: Fixed32)] = [("b", Fixed32()), ("a", Fixed32())]
    let bytes = Pairs(pairs: pairs).encoded()
    var reader = Reader(bytes.span.bytes)
    let read: [(key: String, value: Fixed32)] = try reader.record(minimumSize: 33)
    #expect(read.map(\.key) == ["b", "a"])
    var short = Reader([0xfc].span.bytes)
    #expect(throws: DecodingError.self) {
      let _: [(key: String, value: Fixed32)] = try short.record(minimumSize: 33)
    }
  }

  @Test func codecNames() {
    let names = [
      "uint", "array(record(string,array(uint)))", "record(record(string,uint),any)", "fixed(0)", "bitfield(64)",
      "frame(raw.json)",
    ]
    for name in names { #expect(Codec(name)?.description == name) }
    for name in [
      "", "nope", "array()", "array(uint", "fixed(-1)", "fixed(x)", "bitfield(65)", "record(uint)", "x(uint)",
    ] {
      #expect(Codec(name) == nil, "\(name)")
    }
  }

  @Test func valuesAsJSON() throws {
    let value: Value = [
      "b": .bytes([1, 255]), "n": .bigint(BigInteger(-5)), "d": .date(milliseconds: 7), "u": .undefined,
      "l": [.undefined, nil, 1.5],
    ]
    #expect(JSON(value).text() == #"{"b":"01ff","n":"-5","d":7,"l":[null,null,1.5]}"#)
    #expect(Value(try JSON(parsing: #"{"a":[1,2.0,null,true,"x"]}"#)) == ["a": [1, 2, nil, true, "x"]])
  }
}

extension SeededGenerator {
  /// A value that `any` can carry.
  fileprivate mutating func value(depth: Int) -> Value {
    switch next() % (depth > 3 ? 8 : 10) {
    case 0: .null
    case 1: .bool(next() & 1 == 1)
    case 2: .string(String(next(), radix: 36))
    case 3: .bytes(bytes(Int(next() % 40)))
    case 4: .unsigned(next() >> (11 + next() % 53))
    case 5: .integer(-Int64(next() >> (12 + next() % 51)) - 1)
    case 6: .number(Double(next() % 1000) / 7)
    case 7: .date(milliseconds: Int64(next() >> 20))
    case 8: .array((0..<next() % 4).map { _ in value(depth: depth + 1) })
    default: .object((0..<next() % 4).map { ("k\($0)", value(depth: depth + 1)) })
    }
  }
}
