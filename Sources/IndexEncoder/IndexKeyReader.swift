import CompactEncoding

/// Reads a key field by field. Reading at the end of the key gives the values of a short tuple: 0 and null.
public struct IndexKeyReader: Sendable {
  private let bytes: [UInt8]
  /// Byte offset of the next field.
  public private(set) var position = 0

  /// A reader at the start of `key`.
  public init(_ key: [UInt8]) { bytes = key }

  /// Whether no bytes are left.
  public var isAtEnd: Bool { position == bytes.count }

  /// A field of the given type.
  public mutating func value(of type: IndexType) throws(IndexError) -> IndexValue {
    switch type {
    case .uint:
      guard !isAtEnd else { return .uint(0) }
      return try uint().map(IndexValue.uint) ?? .infinity
    case .bool:
      guard !isAtEnd else { return .null }
      return .bool(try uint() != 0)
    case .buffer: return isAtEnd ? .null : .buffer(try buffer())
    case .string: return isAtEnd ? .null : .string(try string())
    }
  }

  /// A UINT field, or nil for +∞.
  public mutating func uint() throws(IndexError) -> UInt64? {
    guard let first = bytes[position...].first else { throw .outOfBounds }
    switch first {
    case 0xfc: return try number(width: 2)
    case 0xfd: return try number(width: 4)
    case 0xfe: return try number(width: 8)
    case 0xff:
      position += 1
      return nil
    default:
      position += 1
      return UInt64(first)
    }
  }

  /// The text of a STRING field; ill-formed UTF-8 becomes U+FFFD.
  public mutating func string() throws(IndexError) -> String {
    let range = try field()
    if range.escapes == 0 { return String(decoding: bytes[range.start..<range.end], as: UTF8.self) }
    return String(decoding: unescaped(range), as: UTF8.self)
  }

  /// The data of a BUFFER field.
  public mutating func buffer() throws(IndexError) -> [UInt8] {
    let range = try field()
    return range.escapes == 0 ? Array(bytes[range.start..<range.end]) : unescaped(range)
  }

  private mutating func number(width: Int) throws(IndexError) -> UInt64 {
    guard bytes.count - position > width else { throw .outOfBounds }
    var value: UInt64 = 0
    for byte in bytes[position + 1...position + width] { value = value << 8 | UInt64(byte) }
    guard value <= maximumSafeInteger else { throw .invalidNumber(String(value)) }
    position += 1 + width
    return value
  }

  /// Where the escaped data of a field lies; moves behind its end.
  private mutating func field() throws(IndexError) -> (start: Int, end: Int, escapes: Int) {
    guard bytes[position...].first == 0 else { throw .invalidStart }
    let start = position + 1
    var index = start
    var escapes = 0
    while index < bytes.count {
      if bytes[index] != 0 {
        index += 1
        continue
      }
      switch index + 1 < bytes.count ? bytes[index + 1] : 0 {
      case 1:
        position = index + 2
        return (start, index, escapes)
      case 2:
        escapes += 1
        index += 2
      default: throw .unknownTerminator
      }
    }
    throw .noTerminator
  }

  private func unescaped(_ range: (start: Int, end: Int, escapes: Int)) -> [UInt8] {
    var data: [UInt8] = []
    data.reserveCapacity(range.end - range.start - range.escapes)
    var index = range.start
    while index < range.end {
      data.append(bytes[index])
      index += bytes[index] == 0 ? 2 : 1
    }
    return data
  }
}
