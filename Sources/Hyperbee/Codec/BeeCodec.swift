public import IndexEncoder

/// Turns the keys or values of a bee into something other than bytes.
public protocol BeeCodec<Value> {
  /// What stands for the bytes.
  associatedtype Value

  /// The bytes of a value.
  func encode(_ value: Value) -> [UInt8]
  /// The value of bytes.
  func decode(_ bytes: [UInt8]) throws -> Value
  /// Whether the value is stored as "no value" when it is not a key. Never, unless a codec says otherwise.
  func isAbsent(_ value: Value) -> Bool
  /// The range of encoded keys. Every bound by itself, unless a codec says otherwise.
  func encode(_ range: Bounds<Value>) -> KeyRange
}

extension BeeCodec {
  /// False.
  public func isAbsent(_ value: Value) -> Bool { false }
  /// Every bound encoded by itself.
  public func encode(_ range: Bounds<Value>) -> KeyRange { range.map { encode($0) } }
}
