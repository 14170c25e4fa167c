import CompactEncoding

/// How a value of some type is written: a type with all names resolved to positions in the schema's tables.
enum Node: Sendable {
  /// A primitive.
  case primitive(Primitive)
  /// The struct at an index, inside a frame or bare.
  case structure(Int, framed: Bool)
  /// The enum at an index.
  case enumeration(Int)
  /// A list. The element is the node at an index, so that types can contain themselves.
  case array(Int)
  /// An object whose keys and values are the nodes at two indexes.
  case record(key: Int, value: Int)
  /// The versioned type at an index.
  case versioned(Int)
  /// A type made by code.
  case external(Codec)
}

/// An enum, ready for use.
struct EnumPlan: Sendable {
  let offset: UInt64
  let keys: [String]
  let strings: Bool
  let indexes: [String: Int]

  init(_ definition: EnumDefinition) {
    offset = UInt64(max(0, definition.offset))
    keys = definition.keys.map(\.key)
    strings = definition.strings ?? false
    indexes = Dictionary(zip(keys, keys.indices)) { first, _ in first }
  }
}

/// A versioned type, ready for use.
struct VersionedPlan: Sendable {
  struct Case: Sendable {
    let version: UInt64
    let structure: Int
    /// The names of what is read: `version`, then the fields of the struct.
    let layout: Record.Layout
    /// Whether the struct has a field named `version`, which then replaces the number.
    let hidesVersion: Bool
    let map: (@Sendable (Value) -> Value)?
  }

  let cases: [Case]

  /// The struct that holds a version.
  func choose(_ version: UInt64) -> Case? { cases.first { $0.version >= version } }
}
