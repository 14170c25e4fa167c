public import CompactEncoding
public import Hyperschema

/// Encodes and decodes the operations of a definition.
public struct Dispatch: Sendable {
  /// An operation, ready for use.
  public struct Route: Sendable {
    /// The number in front of messages.
    public let id: UInt64
    /// The full name.
    public let name: String
    /// How the request is written.
    public let encoding: Encoding
  }

  /// A decoded message.
  public struct Operation: Sendable, Hashable {
    /// The number of the operation.
    public let id: UInt64
    /// The full name of the operation.
    public let name: String
    /// The request.
    public let value: Value
  }

  /// What the operations were made from.
  public let definition: DispatchDefinition
  /// The operations in the order of the file.
  public let routes: [Route]
  private let schema: Schema
  private let ids: [UInt64: Int]
  private let names: [String: Int]

  /// The operations of a definition over a schema.
  ///
  /// - Throws: ``DispatchError`` "Invalid request type" when the schema lacks a type.
  public init(_ definition: DispatchDefinition, schema: Schema) throws(DispatchError) {
    self.definition = definition
    self.schema = schema
    var routes: [Route] = []
    for operation in definition.operations {
      guard let encoding = try? schema.encoding(operation.requestType) else {
        throw DispatchError("Invalid request type")
      }
      routes.append(Route(id: operation.id, name: operation.name, encoding: encoding))
    }
    self.routes = routes
    // Files that use an id twice exist: the reference does not notice, and the first one answers.
    ids = Dictionary(routes.enumerated().map { ($1.id, $0) }) { first, _ in first }
    names = Dictionary(routes.enumerated().map { ($1.name, $0) }) { first, _ in first }
  }

  /// The operation with an id, or nil.
  public func route(_ id: UInt64) -> Route? { ids[id].map { routes[$0] } }

  /// The operation with a full name, or nil.
  public func route(_ name: String) -> Route? { names[name].map { routes[$0] } }

  /// The message of an operation.
  ///
  /// - Parameter version: the schema version to write; by default that of the schema.
  /// - Throws: ``DispatchError`` for an unknown name, `EncodingError` when the request does not fit its type.
  public func encode(_ name: String, _ value: Value, version: Int? = nil) throws -> [UInt8] {
    guard let index = names[name] else { throw DispatchError("Handler not found for name: \(name)") }
    let route = routes[index]
    let id = Writer.bytes(count: uintSize(route.id)) { $0.uint(route.id) }
    guard let version else { return try route.encoding.encode(value, after: id) }
    let encoding = try schema.encoding(definition.operations[index].requestType, version: version)
    return try encoding.encode(value, after: id)
  }

  /// The operation that a message carries. Trailing bytes are ignored.
  ///
  /// - Throws: ``DispatchError`` for an unknown id, `DecodingError` when the bytes are too few or break a rule.
  public func decode(_ message: [UInt8]) throws -> Operation {
    var reader = Reader(message.span.bytes)
    let id = try reader.uint()
    guard let route = route(id) else { throw DispatchError("Handler not found for ID: \(id)") }
    return Operation(id: id, name: route.name, value: try route.encoding.decode(from: &reader))
  }
}
