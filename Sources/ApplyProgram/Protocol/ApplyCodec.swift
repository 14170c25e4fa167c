import CompactEncoding
import HypercoreCrypto
import JSON

/// Turns messages of `ab-apply(5)` into lines and back, once it is known how values and blocks stand in them.
public struct ApplyCodec: Sendable, Hashable {
  /// How values of nodes stand.
  public var values: ApplyEncoding
  /// How blocks of views stand.
  public var blocks: ApplyEncoding
  /// The views, in their order: the first is meant where none is named.
  public var views: [String]

  /// A codec; the hello lines do not depend on its settings.
  public init(values: ApplyEncoding = .hex, blocks: ApplyEncoding = .hex, views: [String] = []) {
    self.values = values
    self.blocks = blocks
    self.views = views
  }
}

extension JSON {
  /// Adds the value as a line.
  func writeLine(to output: inout [UInt8]) {
    write(to: &output)
    output.append(10)
  }
}

extension JSONObject {
  /// A member that must be there.
  func required<T>(
    _ name: String, _ expected: String, _ read: (JSON) -> T?
  ) throws(ApplyProtocolError) -> T {
    guard let value = self[name].flatMap(read) else { throw .member(name, expected: expected) }
    return value
  }

  /// A member that may be missing or `null`.
  func optional<T>(
    _ name: String, _ expected: String, _ read: (JSON) -> T?
  ) throws(ApplyProtocolError) -> T? {
    guard let value = self[name], !value.isNull else { return nil }
    guard let result = read(value) else { throw .member(name, expected: expected) }
    return result
  }
}

enum ApplyMember {
  static let number = "a number from 0 on"
  static let key = "a key"
  static let flag = "true or false"
  static let names = "an array of names"

  static func key(_ value: JSON) -> Fixed32? { value.string.flatMap { try? KeyIdentifier.decode($0) } }

  static func names(_ value: JSON) -> [String]? {
    guard let items = value.array else { return nil }
    var names: [String] = []
    for item in items {
      guard let name = item.string else { return nil }
      names.append(name)
    }
    return names
  }

  static func json(_ position: ApplyPosition) -> JSON {
    ["core": .string(KeyIdentifier.encode(position.core)), "length": number(position.length)]
  }

  static func json(_ positions: [ApplyPosition]) -> JSON { .array(positions.map { json($0) }) }

  static func positions(_ value: JSON) -> [ApplyPosition]? {
    guard let items = value.array else { return nil }
    var positions: [ApplyPosition] = []
    for item in items {
      guard let core = item["core"].flatMap(key), let length = item["length"]?.unsigned else { return nil }
      positions.append(ApplyPosition(core: core, length: length))
    }
    return positions
  }

  static func number(_ value: UInt64) -> JSON { .integer(Int64(clamping: value)) }

  /// The object of a line, and its type.
  static func object(_ line: [UInt8]) throws(ApplyProtocolError) -> (type: String?, object: JSONObject) {
    let value: JSON
    do throws(JSONError) { value = try JSON(parsing: line) } catch { throw .notAnObject("\(error)") }
    guard let object = value.object else { throw .notAnObject("another JSON value") }
    return (object["type"]?.string, object)
  }
}
