public import CompactEncoding
public import JSON

/// What a test could not find where the vector file should have it.
public struct VectorError: Error, CustomStringConvertible {
  /// One line for people.
  public let description: String

  /// An error with the given text.
  public init(_ description: String) { self.description = description }
}

/// Typed access to vector files: a missing or misshapen field is a test failure, never a silent skip.
extension JSON {
  /// The member `key`.
  public func at(_ key: String) throws -> JSON {
    guard let value = self[key] else { throw VectorError("no member \(key) in \(text().prefix(200))") }
    return value
  }

  /// The text of the member `key`, or of this value.
  public func text(_ key: String) throws -> String { try unwrap(at(key).string, "a string", key) }
  /// The number of the member `key`.
  public func number(_ key: String) throws -> UInt64 { try unwrap(at(key).unsigned, "an unsigned integer", key) }
  /// The elements of the member `key`.
  public func list(_ key: String) throws -> [JSON] { try unwrap(at(key).array, "an array", key) }
  /// The members of the member `key`.
  public func members(_ key: String) throws -> JSONObject { try unwrap(at(key).object, "an object", key) }
  /// The boolean of the member `key`.
  public func flag(_ key: String) throws -> Bool { try unwrap(at(key).bool, "a boolean", key) }
  /// The bytes that the member `key` spells in hex.
  public func hex(_ key: String) throws -> [UInt8] { try unwrap(at(key).string.flatMap { Hex.decode($0) }, "hex", key) }
  /// The 32 bytes that the member `key` spells in hex.
  public func fixed32(_ key: String) throws -> Fixed32 { try unwrap(Fixed32(hex(key)), "32 bytes of hex", key) }

  /// The bytes that this string spells in hex.
  public func hex() throws -> [UInt8] { try unwrap(string.flatMap { Hex.decode($0) }, "hex", "value") }
  /// The number that this is.
  public func number() throws -> UInt64 { try unwrap(unsigned, "an unsigned integer", "value") }

  private func unwrap<T>(_ value: T?, _ kind: String, _ key: String) throws -> T {
    guard let value else { throw VectorError("\(key) is not \(kind) in \(text().prefix(200))") }
    return value
  }
}
