/// Sizes and writing of protocol buffer fields.
enum Protobuf {
  /// Number of bytes of a base-128 number: 1 to 10.
  static func size(_ value: UInt64) -> Int { value < 0x80 ? 1 : (70 - value.leadingZeroBitCount) / 7 }

  /// Number of bytes of a tagged, length-delimited field with `count` bytes of content.
  static func fieldSize(_ count: Int) -> Int { 1 + size(UInt64(count)) + count }

  /// Appends a base-128 number.
  static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }

  /// Appends the tag and length of a length-delimited field.
  static func append(field number: UInt8, count: Int, to bytes: inout [UInt8]) {
    bytes.append(number << 3 | 2)
    append(UInt64(count), to: &bytes)
  }
}
