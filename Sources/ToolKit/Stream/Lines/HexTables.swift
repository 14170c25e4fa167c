/// Hex digits by tables, for many bytes at a time.
final class HexTables {
  private let values = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
  private let digits = UnsafeMutablePointer<UInt16>.allocate(capacity: 256)

  init() {
    let letters = Array("0123456789abcdef".utf8)
    values.initialize(repeating: 0xff, count: 256)
    for (value, letter) in letters.enumerated() {
      values[Int(letter)] = UInt8(value)
      if value > 9 { values[Int(letter) - 32] = UInt8(value) }
    }
    for byte in 0..<256 {
      digits[byte] = (UInt16(letters[byte >> 4]) | UInt16(letters[byte & 15]) << 8).littleEndian
    }
  }

  deinit {
    values.deallocate()
    digits.deallocate()
  }

  /// The bytes that digits of either case spell; nil when their number is odd or one is none.
  @inline(__always)
  func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard text.count & 1 == 0 else { return nil }
    guard text.count > 0, let source = text.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return [] }
    let count = text.count >> 1
    var wrong: UInt8 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      let target = target.baseAddress.unsafelyUnwrapped
      for i in 0..<count {
        let high = values[Int(source[2 &* i])]
        let low = values[Int(source[2 &* i &+ 1])]
        wrong |= high | low
        target[i] = high << 4 | low & 15
      }
      initialized = count
    }
    return wrong & 0xf0 == 0 ? bytes : nil
  }

  /// Writes two digits a byte.
  @inline(__always)
  func encode(_ bytes: [UInt8], to target: UnsafeMutableRawPointer) {
    bytes.withUnsafeBufferPointer { source in
      for i in 0..<source.count {
        target.storeBytes(of: digits[Int(source[i])], toByteOffset: 2 &* i, as: UInt16.self)
      }
    }
  }
}
