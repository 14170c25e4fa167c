/// The members of a JSON object, in the order in which they were first set.
public struct JSONObject: Sendable, Hashable {
  /// Member names in order.
  public private(set) var keys: [String] = []
  private var values: [String: JSON] = [:]

  /// No members.
  public init() {}

  /// Members in the given order; a repeated name keeps its first place and takes the last value.
  public init(_ members: some Sequence<(String, JSON)>) {
    for (key, value) in members { self[key] = value }
  }

  /// Number of members.
  public var count: Int { keys.count }
  /// Whether there are no members.
  public var isEmpty: Bool { keys.isEmpty }

  /// The value of a member. Setting nil removes it, setting an existing one keeps its place.
  public subscript(key: String) -> JSON? {
    get { values[key] }
    set {
      if let newValue {
        if values.updateValue(newValue, forKey: key) == nil { keys.append(key) }
      } else if values.removeValue(forKey: key) != nil {
        keys.removeAll { $0 == key }
      }
    }
  }

  public static func == (a: JSONObject, b: JSONObject) -> Bool { a.values == b.values }

  public func hash(into hasher: inout Hasher) { hasher.combine(values) }
}

extension JSONObject: Sequence {
  /// Name and value of each member, in order.
  public func makeIterator() -> some IteratorProtocol<(key: String, value: JSON)> {
    keys.lazy.map { (key: $0, value: values[$0] ?? .null) }.makeIterator()
  }
}
