public import CompactEncoding

/// Builds one key field by field.
public struct IndexKeyWriter: Sendable {
  /// The key so far.
  public var bytes: [UInt8]

  /// A key that begins with the given prefix.
  public init(prefix: UInt64? = nil, capacity: Int = 0) {
    bytes = []
    if capacity > 0 { bytes.reserveCapacity(capacity) }
    if let prefix { appendNumber(prefix) }
  }

  /// Appends a UINT field.
  ///
  /// - Throws: ``IndexError/invalidNumber(_:)`` above 2^53 − 1.
  public mutating func append(uint value: UInt64) throws(IndexError) {
    guard value <= maximumSafeInteger else { throw .invalidNumber(String(value)) }
    appendNumber(value)
  }

  /// Appends a BUFFER field.
  public mutating func append(buffer: [UInt8]) { buffer.withUnsafeBytes { append(escaping: $0) } }

  /// Appends a BUFFER field of 32 bytes.
  public mutating func append(fixed32 value: Fixed32) { value.withUnsafeBytes { append(escaping: $0) } }

  /// Appends a STRING field.
  public mutating func append(string: String) {
    var string = string
    string.withUTF8 { append(escaping: UnsafeRawBufferPointer($0)) }
  }

  /// Appends a BOOL field.
  public mutating func append(bool: Bool) { bytes.append(bool ? 1 : 0) }

  /// Appends the UINT +∞, behind every number.
  public mutating func appendInfinity() { bytes.append(0xff) }

  /// Appends a value as a field of the given type.
  public mutating func append(_ value: IndexValue, as type: IndexType) throws(IndexError) {
    switch (type, value) {
    case (.uint, .uint(let number)): try append(uint: number)
    case (.uint, .null): bytes.append(0)
    case (.uint, .infinity): appendInfinity()
    case (.uint, .bool(let flag)): append(bool: flag)
    case (.uint, _): throw .invalidNumber(value.text)
    case (.bool, _): append(bool: value.isTruthy)
    case (.buffer, .buffer(let data)): append(buffer: data)
    case (.buffer, .null): append(buffer: [])
    case (.string, .string(let text)): append(string: text)
    case (.string, .null), (.string, .undefined): append(string: "")
    case (.buffer, _), (.string, _): throw .invalidValue(expected: type, found: value.text)
    }
  }

  private mutating func appendNumber(_ value: UInt64) {
    switch value {
    case 0...0xfb: bytes.append(UInt8(value))
    case 0...0xffff: append(bigEndian: value, width: 2, mark: 0xfc)
    case 0...0xffff_ffff: append(bigEndian: value, width: 4, mark: 0xfd)
    default: append(bigEndian: value, width: 8, mark: 0xfe)
    }
  }

  private mutating func append(bigEndian value: UInt64, width: Int, mark: UInt8) {
    bytes.append(mark)
    for i in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * (width - 1 - i)))) }
  }

  private mutating func append(escaping data: UnsafeRawBufferPointer) {
    bytes.append(0)
    if data.contains(0) {
      for byte in data {
        bytes.append(byte)
        if byte == 0 { bytes.append(2) }
      }
    } else {
      bytes.append(contentsOf: data)
    }
    bytes.append(0)
    bytes.append(1)
  }
}
