/// Conversions between dynamic values and what the typed writer takes; each says what is wrong with a value.
extension Value {
  /// The number as an unsigned integer that peers can hold.
  @inlinable
  func safeUnsigned() throws(EncodingError) -> UInt64 {
    if case .integer(let value) = self {
      guard value >= 0 else { throw .notPositive }
      guard value <= Int64(maximumSafeInteger) else { throw .tooLarge }
      return UInt64(value)
    }
    return UInt64(try safeInteger(nonNegative: true))
  }

  /// The zig-zag form of the number, which itself must be one that peers can hold.
  @inlinable
  func safeZigzag() throws(EncodingError) -> UInt64 {
    let value: Int64
    if case .integer(let integer) = self { value = integer } else { value = try safeInteger(nonNegative: false) }
    let zigzag = zigzagEncode(value)
    guard zigzag <= maximumSafeInteger else { throw .tooLarge }
    return zigzag
  }

  @usableFromInline
  func safeInteger(nonNegative: Bool) throws(EncodingError) -> Int64 {
    guard let number = double else { throw mismatch("an integer") }
    if number.isNaN || (nonNegative && number < 0) { throw .notPositive }
    guard number.magnitude <= Double(maximumSafeInteger) else { throw .tooLarge }
    guard let value = Int64(exactly: number) else { throw mismatch("an integer") }
    return value
  }

  @usableFromInline
  func mismatch(_ expected: String) -> EncodingError { .typeMismatch(expected: expected, found: kind) }

  func bigIntegerValue() throws(EncodingError) -> BigInteger {
    switch self {
    case .bigint(let value): return value
    case .integer(let value): return BigInteger(value)
    default: throw mismatch("a big integer")
    }
  }

  func bigint64Value() throws(EncodingError) -> Int64 {
    guard let value = try bigIntegerValue().integer else { throw .tooLarge }
    return value
  }

  func biguint64Value() throws(EncodingError) -> UInt64 {
    let value = try bigIntegerValue()
    if value.isNegative { throw .notPositive }
    guard let unsigned = value.unsigned else { throw .tooLarge }
    return unsigned
  }

  func lexintValue() throws(EncodingError) -> UInt64 {
    let value = try safeUnsigned()
    guard value < 1 << 32 else { throw .tooLarge }
    return value
  }

  func numberValue() throws(EncodingError) -> Double {
    guard let number = double else { throw mismatch("a number") }
    return number
  }

  func textValue() throws(EncodingError) -> String {
    guard case .string(let text) = self else { throw mismatch("text") }
    return text
  }

  @inlinable
  func bytesValue() throws(EncodingError) -> [UInt8] {
    guard case .bytes(let bytes) = self else { throw mismatch("bytes") }
    return bytes
  }

  @inlinable
  func bytesValue(count: Int) throws(EncodingError) -> [UInt8] {
    let bytes = try bytesValue()
    guard bytes.count == count else { throw .wrongSize(expected: count, found: bytes.count) }
    return bytes
  }

  @inlinable
  func optionalBytesValue() throws(EncodingError) -> [UInt8] { isAbsent ? [] : try bytesValue() }

  func dateValue() throws(EncodingError) -> Int64 {
    switch self {
    case .date(let milliseconds): return zigzagDecode(try Value.integer(milliseconds).safeZigzag())
    default: return zigzagDecode(try safeZigzag())
    }
  }

  func parsed<T: LosslessStringConvertible>(_: T.Type, _ what: String) throws(EncodingError) -> T {
    guard let value = T(try textValue()) else { throw .typeMismatch(expected: what, found: "other text") }
    return value
  }

  func address<Host: LosslessStringConvertible>(
    _: Host.Type, _ what: String
  ) throws(EncodingError)
    -> SocketAddress<Host>
  {
    guard case .object(let record) = self else { throw mismatch("an object with host and port") }
    let host = try record["host"].parsed(Host.self, what)
    return SocketAddress(host: host, port: UInt16(truncatingIfNeeded: try record["port"].safeUnsigned()))
  }

  func arrayValue() throws(EncodingError) -> [Value] {
    guard case .array(let items) = self else { throw mismatch("an array") }
    return items
  }

  @inlinable
  func recordValue() throws(EncodingError) -> Record {
    guard case .object(let record) = self else { throw mismatch("an object") }
    return record
  }

  /// The elements as integers of a width; bits beyond it are dropped.
  func integers<T: FixedWidthInteger>(_: T.Type) throws(EncodingError) -> [T] {
    var result: [T] = []
    for item in try arrayValue() { result.append(T(truncatingIfNeeded: try item.safeInteger(nonNegative: false))) }
    return result
  }

  func numbers() throws(EncodingError) -> [Double] {
    var result: [Double] = []
    for item in try arrayValue() { result.append(try item.numberValue()) }
    return result
  }
}
