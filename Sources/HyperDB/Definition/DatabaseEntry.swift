public import JSON

/// A collection or an index of a database.
public struct DatabaseEntry: Sendable, Hashable {
  /// The name inside the namespace.
  public var name: String
  /// The namespace, or nil.
  public var namespace: String?
  /// The number in front of every key of the entry.
  public internal(set) var id: UInt64
  /// `{prefix, id}` for an entry that has a number of its own choice.
  public var unsafe: JSON?
  /// What the entry is.
  public var kind: Kind

  /// What an entry is.
  public enum Kind: Sendable, Hashable {
    /// Records by their primary key.
    case collection(CollectionDefinition)
    /// Records of a collection by another key.
    case index(IndexDefinition)
  }

  /// An entry. Its id is given by the definition that holds it.
  public init(name: String, namespace: String?, unsafe: JSON? = nil, kind: Kind) {
    self.name = name
    self.namespace = namespace
    self.unsafe = unsafe
    self.kind = kind
    id = 0
  }

  /// `@namespace/name`, or the name alone.
  public var fullName: String { DatabaseEntry.fullName(name, in: namespace) }

  static func fullName(_ name: String, in namespace: String?) -> String {
    if let namespace { "@\(namespace)/\(name)" } else { name }
  }

  /// The definition, when this is a collection.
  public var collection: CollectionDefinition? { if case .collection(let value) = kind { value } else { nil } }
  /// The definition, when this is an index.
  public var index: IndexDefinition? { if case .index(let value) = kind { value } else { nil } }

  /// The number that the entry was given by hand.
  var unsafeIdentifier: UInt64? {
    guard case .bool(true)? = unsafe?["prefix"] else { return nil }
    return unsafe?["id"]?.unsigned
  }
}

/// Records by their primary key.
public struct CollectionDefinition: Sendable, Hashable {
  /// The version of the definition that last changed the collection; nil in files that have no versions.
  public var version: Int?
  /// The field that holds the version a record was written at, instead of a prefix of its value.
  public var versionField: String?
  /// Full names of the indexes, in the order in which they are maintained.
  public var indexes: [String]
  /// Full name of the struct of the records.
  public var schema: String
  /// Kept from the file.
  public var derived: Bool
  /// Paths of the key fields; empty for a collection of one record.
  public var key: [String]
  /// Code that runs on every change: null, or what names it.
  public var trigger: JSON

  /// A collection.
  public init(
    version: Int? = 0, versionField: String? = nil, indexes: [String] = [], schema: String, derived: Bool = false,
    key: [String], trigger: JSON = .null
  ) {
    self.version = version
    self.versionField = versionField
    self.indexes = indexes
    self.schema = schema
    self.derived = derived
    self.key = key
    self.trigger = trigger
  }
}

/// Records of a collection by another key.
public struct IndexDefinition: Sendable, Hashable {
  /// The version of the definition that introduced the index; nil in files that have no versions.
  public var version: Int?
  /// Full name of the collection.
  public var collection: String
  /// Whether the key alone names a record. Nothing checks it: the last record with a key wins.
  public var unique: Bool
  /// Whether the index is only read and no longer maintained; nil in files that do not say.
  public var deprecated: Bool?
  /// The key.
  public var key: IndexKey

  /// An index.
  public init(version: Int? = 0, collection: String, unique: Bool = false, deprecated: Bool? = false, key: IndexKey) {
    self.version = version
    self.collection = collection
    self.unique = unique
    self.deprecated = deprecated
    self.key = key
  }
}

/// What a record is found by.
public enum IndexKey: Sendable, Hashable {
  /// The fields at these paths: one key a record.
  case fields([String])
  /// What the code named `map` makes of a record: any number of keys of `type`, a primitive, the full name of a
  /// type, or `{fields: [{name, type}…]}`.
  case mapped(type: JSON, map: JSON)
}
