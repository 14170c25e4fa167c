extension Codec: LosslessStringConvertible {
  /// The type as the reference's calls spell it.
  public var description: String {
    switch self {
    case .primitive(let primitive): primitive.rawValue
    case .fixed(let count): "fixed(\(count))"
    case .bitfield(let length): "bitfield(\(length))"
    case .array(let item): "array(\(item))"
    case .frame(let item): "frame(\(item))"
    case .record(let key, let value): "record(\(key),\(value))"
    }
  }

  /// The type that a text spells, or nil when it names none.
  public init?(_ description: String) { self.init(description, depth: 0) }

  private init?(_ description: String, depth: Int) {
    guard depth < Self.maximumDepth else { return nil }
    guard description.utf8.last == UInt8(ascii: ")"), let open = description.firstIndex(of: "(") else {
      guard let primitive = Primitive(rawValue: description) else { return nil }
      self = .primitive(primitive)
      return
    }
    let inner = String(description[description.index(after: open)...].dropLast())
    switch description[..<open] {
    case "fixed":
      guard let count = Int(inner), (0...Self.maximumFixedCount).contains(count) else { return nil }
      self = .fixed(count)
    case "bitfield":
      guard let length = Int(inner), (0...64).contains(length) else { return nil }
      self = .bitfield(length)
    case "array":
      guard let item = Codec(inner, depth: depth + 1) else { return nil }
      self = .array(item)
    case "frame":
      guard let item = Codec(inner, depth: depth + 1) else { return nil }
      self = .frame(item)
    case "record":
      guard let comma = Codec.topLevelComma(inner), let key = Codec(String(inner[..<comma]), depth: depth + 1),
        let value = Codec(String(inner[inner.index(after: comma)...]), depth: depth + 1)
      else { return nil }
      self = .record(key, value)
    default: return nil
    }
  }

  /// The first comma outside parentheses.
  /// The most types that a name puts around each other.
  private static let maximumDepth = 32
  /// The most bytes of a `fixed`: more than memory has, and few enough to be added up.
  private static let maximumFixedCount = 1 << 48

  private static func topLevelComma(_ text: String) -> String.Index? {
    var depth = 0
    for index in text.indices {
      switch text[index] {
      case "(": depth += 1
      case ")": depth -= 1
      case "," where depth == 0: return index
      default: break
      }
    }
    return nil
  }
}
