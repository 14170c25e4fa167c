/// Why a database, or its definition, refused something. Texts are those of the reference where it has one.
public enum DatabaseError: Error, Equatable, Sendable {
  // The definition.
  /// The file does not have the shape of a definition.
  case malformed(String)
  /// A collection names a struct that the schema does not have.
  case schemaNotFound(String)
  /// A key names a field that the struct does not have.
  case fieldNotFound(String)
  /// A path of an index leads nowhere.
  case unresolvedPath(String)
  /// An index names something other than a collection.
  case invalidIndexTarget(String)
  /// A field of this type cannot be part of a key.
  case invalidKeyType(String)
  /// A namespace was opened twice.
  case namespaceExists(String)
  /// A number of one's own choice was announced and not given.
  case prefixWithoutIdentifier
  /// The code that a mapped index names was not given.
  case mapMissing(String)
  /// Collections with triggers are not supported.
  case triggerUnsupported(String)

  // Reading and writing.
  /// No collection of that name.
  case unknownCollection(String)
  /// No collection or index of that name.
  case unknownIndexOrCollection(String)
  /// No collection or index of that name to search.
  case unknownIndex(String)
  /// The first number of a stored value is none that this program knows.
  case unknownRecordKind(UInt64)
  /// A query is no object, or lacks what it must name.
  case invalidQuery(String)
  /// A stored key does not have the fields of its collection.
  case invalidKey(String)

  // Sessions.
  /// The instance cannot be written.
  case readOnly
  /// Somebody wrote to the log since this instance last looked.
  case changed
  /// The log was truncated under an instance that does not follow it; call ``HyperDB/update()``.
  case truncated
  /// The instance was closed.
  case closed
  /// A transaction was asked of something other than the main instance.
  case transactionNeedsMainInstance
}

extension DatabaseError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .malformed(let what): "Not a database definition: \(what)"
    case .schemaNotFound(let name): "Schema not found: \(name)"
    case .fieldNotFound(let name): "Field not found: \(name)"
    case .unresolvedPath(let path): "Could not resolve path: \(path)"
    case .invalidIndexTarget(let name): "Invalid index target: \(name)"
    case .invalidKeyType(let type): "Type cannot be part of a key: \(type)"
    case .namespaceExists(let name): "Namespace already exists: \(name)"
    case .prefixWithoutIdentifier: "If a type overrides a prefix, it must also specifiy an ID"
    case .mapMissing(let name): "Map is not given: \(name)"
    case .triggerUnsupported(let name): "Triggers are not supported: \(name)"
    case .unknownCollection(let name): "Unknown collection: \(name)"
    case .unknownIndexOrCollection(let name): "Unknown index or collection: \(name)"
    case .unknownIndex(let name): "Unknown index: \(name)"
    case .unknownRecordKind(let kind): "Unknown collection type: \(kind)"
    case .invalidQuery(let reason): "Invalid query: \(reason)"
    case .invalidKey(let reason): "Invalid key: \(reason)"
    case .readOnly: "Instance is not writable, refusing to commit"
    case .changed: "Database has changed, refusing to commit"
    case .truncated: "Database was truncated, update before reading on"
    case .closed: "Hyperdb is closed"
    case .transactionNeedsMainInstance: "Can only make transactions on main instance"
    }
  }
}
