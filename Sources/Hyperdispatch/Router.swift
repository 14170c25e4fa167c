public import CompactEncoding

/// Calls the handler of each operation.
public struct Router<Context, Result> {
  /// What is called with the request of an operation and the caller's context.
  public typealias Handler = (Value, Context) throws -> Result

  /// The operations.
  public let dispatch: Dispatch
  private var handlers: [UInt64: Handler] = [:]

  /// A router without handlers.
  public init(_ dispatch: Dispatch) { self.dispatch = dispatch }

  /// Sets the handler of an operation.
  ///
  /// - Throws: ``DispatchError`` when there is no operation of that name.
  public mutating func add(_ name: String, _ handler: @escaping Handler) throws(DispatchError) {
    guard let route = dispatch.route(name) else {
      throw DispatchError("Cannot register a handler for a nonexistent route: \(name)")
    }
    handlers[route.id] = handler
  }

  /// Calls the handler of an operation and returns its result.
  ///
  /// - Parameter message: the bytes of a message, or an object with the `id` of an operation and the decoded `value`.
  /// - Throws: ``DispatchError`` when any operation lacks a handler, or for an unknown id; `DecodingError` when the
  ///   bytes are too few or break a rule; what the handler throws.
  public func dispatch(_ message: Value, _ context: Context) throws -> Result {
    for route in dispatch.routes where handlers[route.id] == nil {
      throw DispatchError("Missing handler for \"\(route.name)\"")
    }
    if case .bytes(let bytes) = message {
      let operation = try dispatch.decode(bytes)
      return try call(operation.id, operation.value, context)
    }
    guard case .object(let record) = message, let id = record["id"].unsigned else {
      throw DispatchError("Not an operation: \(message.kind) has no id")
    }
    return try call(id, record["value"], context)
  }

  private func call(_ id: UInt64, _ value: Value, _ context: Context) throws -> Result {
    guard let handler = handlers[id] else { throw DispatchError("Handler not found for ID:\(id)") }
    return try handler(value, context)
  }
}
