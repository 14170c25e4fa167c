internal import CompactEncoding

/// The header of a file in a tape archive: the 512 bytes of POSIX `ustar`, with GNU's form for sizes of 8 GiB and more.
///
/// | bytes | field |
/// |---|---|
/// | 0–99 | name |
/// | 100–107 | mode, octal |
/// | 108–123 | user and group, 0 |
/// | 124–135 | size, octal; or 0x80 and the size as big-endian number |
/// | 136–147 | time, seconds since 1970, octal |
/// | 148–155 | checksum: the sum of all bytes with this field as spaces, octal |
/// | 156 | `0`: a file |
/// | 257–264 | `ustar`, 0, `00` |
package struct TapeHeader: Equatable {
  package static let blockSize = 512

  package var name: String
  package var size: UInt64
  package var mode: UInt32
  /// Seconds since 1970.
  package var time: UInt64

  /// Bytes that fill the last block of a file of this size.
  package static func padding(_ size: UInt64) -> Int { Int((512 - size % 512) % 512) }

  package func encoded() -> [UInt8] {
    precondition(name.utf8.count < 100, "names in a backup are short")
    var block = [UInt8](repeating: 0, count: Self.blockSize)
    func put(_ bytes: some Collection<UInt8>, at offset: Int) {
      block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
    put(name.utf8, at: 0)
    put(Self.octal(UInt64(mode), 7), at: 100)
    put(Self.octal(0, 7), at: 108)
    put(Self.octal(0, 7), at: 116)
    if size < 1 << 33 {
      put(Self.octal(size, 11), at: 124)
    } else {
      block[124] = 0x80
      for i in 0..<8 { block[128 + i] = UInt8(truncatingIfNeeded: size >> (56 - 8 * UInt64(i))) }
    }
    put(Self.octal(time, 11), at: 136)
    block[156] = UInt8(ascii: "0")
    put("ustar\0".utf8, at: 257)
    put("00".utf8, at: 263)
    put(Self.octal(Self.checksum(block), 6), at: 148)
    block[155] = UInt8(ascii: " ")
    return block
  }

  /// Reads a header; nil for one of another form or with a wrong checksum.
  package init?(_ block: [UInt8]) {
    guard block.count == Self.blockSize, block[257..<262].elementsEqual("ustar".utf8), block[156] == UInt8(ascii: "0"),
      let checksum = Self.number(block[148..<155]), checksum == Self.checksum(block),
      let mode = Self.number(block[100..<107]), mode <= 0o7777, let time = Self.number(block[136..<147])
    else { return nil }
    if block[124] == 0x80 {
      guard block[125..<128].allSatisfy({ $0 == 0 }) else { return nil }
      size = block[128..<136].reduce(0) { $0 << 8 | UInt64($1) }
    } else {
      guard let number = Self.number(block[124..<135]) else { return nil }
      size = number
    }
    self.mode = UInt32(mode)
    self.time = time
    guard let text = String(validating: block[..<100].prefix { $0 != 0 }, as: UTF8.self) else { return nil }
    name = text
  }

  package init(name: String, size: UInt64, mode: UInt32, time: UInt64) {
    self.name = name
    self.size = size
    self.mode = mode
    self.time = time
  }

  private static func checksum(_ block: [UInt8]) -> UInt64 {
    block.indices.reduce(0) { $0 + UInt64((148..<156).contains($1) ? 0x20 : block[$1]) }
  }

  private static func octal(_ value: UInt64, _ digits: Int) -> [UInt8] {
    (0..<digits).map { UInt8(ascii: "0") + UInt8(value >> (3 * UInt64(digits - 1 - $0)) & 7) }
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits.prefix(while: { $0 != 0 && $0 != UInt8(ascii: " ") }) {
      guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { return nil }
      value = value << 3 | UInt64(digit - UInt8(ascii: "0"))
    }
    return value
  }
}
