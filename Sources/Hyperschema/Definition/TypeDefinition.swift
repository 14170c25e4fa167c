public import JSON

/// A named type of a schema.
public struct TypeDefinition: Sendable, Hashable {
  /// The name inside the namespace.
  public var name: String
  /// The namespace, or nil.
  public var namespace: String?
  /// What the type is.
  public var kind: Kind

  /// A type.
  public init(name: String, namespace: String?, kind: Kind) {
    self.name = name
    self.namespace = namespace
    self.kind = kind
  }

  /// `@namespace/name`, or the name alone.
  public var fullName: String { Self.fullName(name, in: namespace) }

  static func fullName(_ name: String, in namespace: String?) -> String {
    if let namespace { "@\(namespace)/\(name)" } else { name }
  }

  /// The kinds of types.
  public enum Kind: Sendable, Hashable {
    /// Another name for a type.
    case alias(target: String, version: Int)
    /// One of several keys.
    case enumeration(EnumDefinition)
    /// A list of a type.
    case array(element: String)
    /// An object of values of one type.
    case record(key: String, value: String)
    /// A type made by code; the text names it there.
    case external(JSON)
    /// One of several structs.
    case versioned([VersionDefinition])
    /// Fields in order.
    case structure(StructDefinition)
  }
}

/// The keys of an enum.
public struct EnumDefinition: Sendable, Hashable {
  /// The number of the first key.
  public var offset: Int
  /// The keys in order.
  public var keys: [Key]
  /// Whether values are the keys' texts rather than their numbers; nil when the file does not say.
  public var strings: Bool?

  /// A key and the schema version that introduced it.
  public struct Key: Sendable, Hashable {
    /// The key's text.
    public var key: String
    /// The version that introduced it.
    public var version: Int
  }
}

/// One of the structs of a versioned type.
public struct VersionDefinition: Sendable, Hashable {
  /// The full name of the struct.
  public var type: String
  /// The name of the function that maps what was read, or null.
  public var map: JSON
  /// The highest version that is written with this struct.
  public var version: Int
}

/// The fields of a struct.
public struct StructDefinition: Sendable, Hashable {
  /// Whether it is written bare inside other types, and may not grow.
  public var compact: Bool
  /// The index of the field that the flags precede, −1 for none.
  public var flagsPosition: Int
  /// The fields in order.
  public var fields: [FieldDefinition]
}

/// A field of a struct. Members that the file does not have are nil.
public struct FieldDefinition: Sendable, Hashable {
  /// The name of the field.
  public var name: String
  /// Whether the field is always written.
  public var required: Bool?
  /// Whether it is a list of its type.
  public var array: Bool?
  /// Whether it is an object of its type.
  public var record: Bool?
  /// Whether the flags of its struct lie in those of its parent.
  public var inline: Bool?
  /// A primitive or the full name of a type.
  public var type: String
  /// The schema version that introduced the field.
  public var version: Int
}
