public import CompactEncoding
import HypercoreCrypto
public import JSON

/// Takes members out of an object, one by one, by name and kind; what is left at the end is unknown.
public struct StreamMembers: Sendable {
  private var object: JSONObject

  init(_ object: JSONObject) {
    self.object = object
    self.object["type"] = Optional.none
  }

  /// The members that nobody took.
  public var rest: JSONObject { object }

  /// Takes a member; nil when it is missing or `null`.
  public mutating func take(_ name: String) -> JSON? {
    guard let value = object[name] else { return nil }
    object[name] = Optional.none
    return value.isNull ? Optional.none : value
  }

  /// A number that must be there.
  public mutating func number(_ name: String) throws(StreamError) -> UInt64 {
    guard let value = try optionalNumber(name) else { throw .member(name, expected: "an integer from 0 on") }
    return value
  }

  /// A number that may be missing.
  public mutating func optionalNumber(_ name: String) throws(StreamError) -> UInt64? {
    guard let value = take(name) else { return nil }
    guard let number = value.unsigned, number <= maximumSafeInteger else {
      throw .member(name, expected: "an integer from 0 on")
    }
    return number
  }

  /// A key that must be there.
  public mutating func key(_ name: String) throws(StreamError) -> Fixed32 {
    guard let key = try optionalKey(name) else { throw .member(name, expected: "a key") }
    return key
  }

  /// A key that may be missing.
  public mutating func optionalKey(_ name: String) throws(StreamError) -> Fixed32? {
    guard let value = take(name) else { return nil }
    return try StreamMembers.key(value, name)
  }

  /// Bytes that must be there.
  public mutating func bytes(_ name: String) throws(StreamError) -> [UInt8] {
    guard let bytes = try optionalBytes(name) else { throw .member(name, expected: "bytes in hex") }
    return bytes
  }

  /// Bytes that may be missing.
  public mutating func optionalBytes(_ name: String) throws(StreamError) -> [UInt8]? {
    guard let value = take(name) else { return nil }
    guard let bytes = value.string.flatMap({ Hex.decode($0) }) else { throw .member(name, expected: "bytes in hex") }
    return bytes
  }

  /// A hash that may be missing.
  public mutating func optionalHash(_ name: String) throws(StreamError) -> Fixed32? {
    guard let bytes = try optionalBytes(name) else { return nil }
    guard let hash = Fixed32(bytes) else { throw .member(name, expected: "32 bytes in hex") }
    return hash
  }

  /// A text that may be missing.
  public mutating func optionalText(_ name: String) throws(StreamError) -> String? {
    guard let value = take(name) else { return nil }
    guard let text = value.string else { throw .member(name, expected: "a string") }
    return text
  }

  /// A flag; missing means false.
  public mutating func flag(_ name: String) throws(StreamError) -> Bool? {
    guard let value = take(name) else { return nil }
    guard let flag = value.bool else { throw .member(name, expected: "true or false") }
    return flag
  }

  static func key(_ value: JSON, _ name: String) throws(StreamError) -> Fixed32 {
    guard let text = value.string, let key = try? KeyIdentifier.decode(text) else {
      throw .member(name, expected: "a key")
    }
    return key
  }
}

extension JSONObject {
  /// Adds a number.
  mutating func set(_ name: String, _ value: UInt64?) {
    if let value { self[name] = .integer(Int64(clamping: value)) }
  }
  /// Adds a key.
  mutating func set(key name: String, _ value: Fixed32?) {
    if let value { self[name] = .string(KeyIdentifier.encode(value)) }
  }
  /// Adds bytes.
  mutating func set(bytes name: String, _ value: [UInt8]?) {
    if let value { self[name] = .string(Hex.encode(value)) }
  }
}
