import ArgumentParser
import ToolKit

/// What separates records: `-0`, `--length-prefixed`.
struct RecordOptions: ParsableArguments {
  @Flag(name: [.customShort("0"), .customLong("null")], help: "Records end with a NUL byte instead of a line feed.")
  var null = false

  @Flag(name: .customLong("length-prefixed"), help: "Records follow their length, so that any bytes pass.")
  var lengthPrefixed = false
}

/// The length of a record as it stands before it: one byte up to 0xfc, else a marker and 2, 4 or 8 bytes.
func lengthPrefix(_ length: Int) -> [UInt8] {
  let value = UInt64(length)
  switch value {
  case ...0xfc: return [UInt8(value)]
  case ...0xffff: return [0xfd] + bytes(value, 2)
  case ...0xffff_ffff: return [0xfe] + bytes(value, 4)
  default: return [0xff] + bytes(value, 8)
  }
}

private func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
}
