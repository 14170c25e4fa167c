import CompactEncoding
import Testing

/// Types and numbers of somebody else.
@Suite struct HostileTypeTests {
  @Test func namesOfTypes() {
    let deep = String(repeating: "array(", count: 100_000) + "uint" + String(repeating: ")", count: 100_000)
    #expect(Codec(deep) == nil)
    #expect(Codec("fixed(9223372036854775807)") == nil)
    #expect(Codec("frame(frame(fixed(281474976710656)))")?.minimumSize ?? 0 > 1 << 48)
    #expect(Codec("array(array(frame(record(string,uint))))") != nil)
  }

  /// A bit field can be read from any number; one that has more bits than the field is not written.
  @Test func bitFields() throws {
    let codec = Codec.bitfield(7)
    let value = try codec.decode([0xfd, 0xff, 0])
    #expect(value == 255)
    #expect(throws: EncodingError.tooLarge) { try codec.encode(value) }
    #expect(try codec.encode(127) == [127])
    #expect(try Codec.bitfield(64).encode(.unsigned(maximumSafeInteger)).count == 9)
  }

  /// Decimal digits take time that grows with the square of their number: both ways have a limit.
  @Test func longNumbers() throws {
    #expect(BigInteger(String(repeating: "9", count: 1_000_000)) == nil)
    let words = [UInt8](repeating: 0xff, count: 8 * 100_000)
    let codec = Codec.primitive(.biguint)
    #expect(throws: DecodingError.self) { try codec.decode([0xfe, 0xa0, 0x86, 1, 0] + words) }
    let largest = try codec.decode([0xfd, 0, 4] + words)
    guard case .bigint(let number) = largest else {
      Issue.record("\(largest)")
      return
    }
    #expect(BigInteger(number.description) == number)
    #expect(try codec.decode(codec.encode(largest)) == largest)
  }
}
