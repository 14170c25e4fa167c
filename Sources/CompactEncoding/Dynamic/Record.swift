/// Named values in order.
///
/// All records of one struct share one ``Layout``, so that a record costs one array and a codec that knows the layout
/// reads fields by position.
public struct Record: Sendable {
  /// The names of the members.
  public let layout: Layout
  /// The members' values, one for each name of the layout.
  public var values: [Value] {
    didSet { precondition(values.count == layout.names.count, "a record has one value for each name") }
  }

  /// Values for a layout. There must be one for each of its names.
  @inlinable
  public init(layout: Layout, values: [Value]) {
    precondition(values.count == layout.names.count, "a record has one value for each name")
    self.layout = layout
    self.values = values
  }

  /// Members in the order in which the reference's objects keep them: names that are array indexes first, ascending,
  /// then the others as given. A repeated name keeps its first place and takes the last value.
  public init(members: [(String, Value)]) {
    var names: [String] = []
    var values: [Value] = []
    var positions: [String: Int] = [:]
    for (name, value) in members {
      if let position = positions[name] {
        values[position] = value
      } else {
        positions[name] = names.count
        names.append(name)
        values.append(value)
      }
    }
    let indexes = names.indices.compactMap { i in Record.arrayIndex(names[i]).map { (index: $0, position: i) } }
    if !indexes.isEmpty {
      let first = indexes.sorted { $0.index < $1.index }.map(\.position)
      let taken = Set(first)
      let order = first + names.indices.filter { !taken.contains($0) }
      (names, values) = (order.map { names[$0] }, order.map { values[$0] })
    }
    self.init(layout: Layout(names), values: values)
  }

  /// The number that a name spells, when it is an array index: 0 … 2^32 − 2 in shortest form.
  private static func arrayIndex(_ name: String) -> UInt32? {
    guard let first = name.utf8.first, (0x30...0x39).contains(first), name.utf8.count <= 10 else { return nil }
    guard let index = UInt32(name), index < .max, String(index) == name else { return nil }
    return index
  }

  /// The value of a member, ``Value/undefined`` when there is none.
  ///
  /// Setting a member that the layout lacks gives the record a layout of its own with that name at the end.
  @inlinable
  public subscript(name: String) -> Value {
    get {
      guard let position = layout.position(of: name) else { return .undefined }
      return values[position]
    }
    set {
      if let position = layout.position(of: name) {
        values[position] = newValue
      } else {
        self = Record(layout: Layout(layout.names + [name]), values: values + [newValue])
      }
    }
  }

  /// Number of members.
  @inlinable public var count: Int { values.count }

  /// Name and value of each member, in order.
  public var members: Zip2Sequence<[String], [Value]> { zip(layout.names, values) }
}

extension Record {
  /// The names of a record's members, shared by all records of a kind.
  public final class Layout: Sendable {
    /// Names in order, each once.
    public let names: [String]
    @usableFromInline let positions: [String: Int]?

    /// A layout with the given names, which must differ from each other.
    public init(_ names: [String]) {
      self.names = names
      // A handful of names is found faster by comparing than by hashing.
      positions = names.count <= 8 ? nil : Dictionary(uniqueKeysWithValues: zip(names, names.indices))
    }

    /// The position of a name, or nil.
    @inlinable
    public func position(of name: String) -> Int? {
      if let positions { positions[name] } else { names.firstIndex(of: name) }
    }
  }
}

extension Record: Hashable {
  public static func == (a: Record, b: Record) -> Bool {
    if a.layout === b.layout { return a.values == b.values }
    return a.members.allSatisfy { b[$0] == $1 } && b.members.allSatisfy { a[$0] == $1 }
  }

  public func hash(into hasher: inout Hasher) {
    var sum = 0  // independent of the order
    for (name, value) in members where value != .undefined {
      var member = Hasher()
      member.combine(name)
      member.combine(value)
      sum &+= member.finalize()
    }
    hasher.combine(sum)
  }
}
