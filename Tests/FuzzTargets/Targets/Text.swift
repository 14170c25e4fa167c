import CompactEncoding
import HypercoreCrypto
import JSON
import ToolKit

extension FuzzTarget {
  /// JSON texts.
  static let json = FuzzTarget(
    "json", "JSON texts",
    seeds: {
      try Samples.documents(in: ["04-hyperschema", "01-keys", "03-classic", "01-encoding"], limit: 600)
        + [
          "0", "-0", "1e308", "-1.5e-7", #""\ud83d\ude00\u0000\/""#, "[[[]]]", #"{"a":{"a":1,"a":2}}"#,
          "9223372036854775808",
        ]
        .map { Array($0.utf8) }
    },
    run: { input in
      let value: JSON
      do throws(JSONError) { value = try JSON(parsing: input) } catch {
        try require((0...input.count).contains(error.offset), "the error is at byte \(error.offset)")
        return .refused
      }
      let text = value.utf8()
      try require(text.count <= 24 * input.count + 8, "\(input.count) bytes become \(text.count)")
      for indentation in [0, 2] {
        let again: JSON
        do { again = try JSON(parsing: value.utf8(indentation: indentation)) } catch {
          throw FuzzViolation("what was written is refused: \(error)")
        }
        try require(again.utf8() == text, "written twice, the text differs")
      }
      let dynamic = Value(value)
      try require(Value(JSON(dynamic)) == dynamic, "a dynamic value changes on its way through JSON")
      return .accepted
    })

  /// Names and numbers that people write.
  static let arguments = FuzzTarget(
    "arguments", "key ids, block ranges, durations, sizes, addresses",
    shapes: [
      Shape("KeyIdentifier") { bytes in
        guard let key = try? KeyIdentifier.decode(String(decoding: bytes, as: UTF8.self)) else { return .refused }
        try require(try KeyIdentifier.decode(KeyIdentifier.encode(key)) == key, "a key is not read as it was written")
        try require(try KeyIdentifier.decode(key.description) == key, "a key is not read as it was written in hex")
        return .accepted
      },
      Shape("ZBase32") { bytes in
        try require(try ZBase32.decode(ZBase32.encode(bytes)) == bytes, "z-base-32 loses bytes")
        guard let read = try? ZBase32.decode(String(decoding: bytes, as: UTF8.self)) else { return .refused }
        try require(read.count <= bytes.count, "z-base-32 grows")
        return .accepted
      },
      Shape("Hex") { bytes in
        try require(Hex.decode(Hex.encode(bytes)) == bytes, "hex loses bytes")
        guard let read = Hex.decode(String(decoding: bytes, as: UTF8.self)) else { return .refused }
        try require(read.count <= bytes.count, "hex grows")
        return .accepted
      },
      Shape("Base64") { bytes in
        let text = Base64.encode(bytes)
        try require(Base64.decode(text) == bytes && Base64.decode(skippingOthers: text) == bytes, "base64 loses bytes")
        _ = Base64.decode(skippingOthers: String(decoding: bytes, as: UTF8.self))
        return Base64.decode(String(decoding: bytes, as: UTF8.self)) == nil ? .refused : .accepted
      },
      Shape("BlockRange") { bytes in
        guard let range = BlockRange(argument: String(decoding: bytes, as: UTF8.self)) else { return .refused }
        for length in [0, 1, 7, UInt64(1) << 53, .max] {
          guard let blocks = range.resolve(length: length) else { continue }
          try require(blocks.upperBound <= length, "\(blocks) of \(length) blocks")
        }
        return .accepted
      },
      Shape("DurationArgument") { bytes in
        guard let value = DurationArgument(argument: String(decoding: bytes, as: UTF8.self)) else { return .refused }
        try require(value.milliseconds >= 0, "\(value.milliseconds) milliseconds")
        try require(
          DurationArgument(argument: value.description)?.milliseconds == value.milliseconds,
          "\(value.description) is another duration")
        return .accepted
      },
      Shape("SizeArgument") { bytes in
        guard let value = SizeArgument(argument: String(decoding: bytes, as: UTF8.self)) else { return .refused }
        try require(value.bytes >= 0, "\(value.bytes) bytes")
        return .accepted
      },
      Shape("IPv4Address") { try addresses($0, IPv4Address.init) },
      Shape("IPv6Address") { try addresses($0, IPv6Address.init) },
      Shape("IPAddress") { try addresses($0, IPAddress.init) },
      Shape("BigInteger") { bytes in
        guard let number = BigInteger(String(decoding: bytes, as: UTF8.self)) else { return .refused }
        try require(BigInteger(number.description) == number, "\(number) is not read as it was written")
        return .accepted
      },
      Shape("Messages.escape") { bytes in
        let text = Messages.escape(String(decoding: bytes, as: UTF8.self))
        let safe = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f || $0 == "\n" || $0 == "\t" }
        try require(safe, "a control character reaches the terminal")
        return .accepted
      },
    ], vectors: [],
    more: {
      var seeds: [[UInt8]] = []
      let texts: [(UInt8, [String])] = [
        (0, ["pear://yfmoayzngtfssjgqsdcqcsx1ny6qg3q3mkjdcqfd5mqxbpg7ncyo/a", String(repeating: "ab", count: 32)]),
        (1, ["yfmoayzngtfssjgqsdcqcsx1ny6qg3q3mkjdcqfd5mqxbpg7ncyo"]), (2, ["00ff"]), (3, ["aGVsbG8=", "_-8"]),
        (4, ["0", "-1", "3..9", "..", "-5..", "..-1", "7..2"]), (5, ["1.5s", "10m", "250ms", "3d"]),
        (6, ["10", "4k", "1.5M", "2GiB"]), (7, ["127.0.0.1"]), (8, ["::1", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4"]),
        (9, ["10.0.0.1", "fe80::1"]), (10, ["-123456789012345678901234567890"]), (11, ["a\u{1b}[0m"]),
      ]
      for (number, list) in texts { seeds += list.map { [number] + Array($0.utf8) } }
      return seeds
    })

  private static func addresses<T: LosslessStringConvertible & Equatable>(
    _ bytes: [UInt8], _ make: (String) -> T?
  ) throws -> FuzzOutcome {
    guard let address = make(String(decoding: bytes, as: UTF8.self)) else { return .refused }
    try require(make(address.description) == address, "\(address) is another address")
    return .accepted
  }
}
