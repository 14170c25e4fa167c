public import Hyperschema

/// Makes the next version of a dispatch definition and refuses what would break messages that are already written.
public struct DispatchBuilder {
  private var definition: DispatchDefinition
  private let schema: Schema
  private let previousVersion: Int
  private var counter: Int
  private var indexes: [String: Int] = [:]

  /// A builder on top of an existing definition, by default an empty one.
  ///
  /// - Parameter offset: the id that the counter starts at. For an existing definition it must be given and be the
  ///   same: changing it would give other ids to the same operations.
  public init(
    _ previous: DispatchDefinition? = nil, offset: Int? = nil, schema: Schema
  ) throws(DispatchError) {
    if let previous, previous.offset != offset {
      throw DispatchError("Cannot change the hyperdispatch offset once it has been defined once")
    }
    definition = previous ?? DispatchDefinition(offset: offset ?? 0)
    self.schema = schema
    previousVersion = definition.version
    counter = definition.offset
    for (i, operation) in definition.operations.enumerated() { indexes[operation.name] = i }
  }

  /// Adds an operation, or compares it with the one of its name.
  ///
  /// - Parameters:
  ///   - name: the full name.
  ///   - id: the id; by default the next of the counter.
  /// - Throws: ``DispatchError`` when the request type is unknown or another than before, or the id is another than
  ///   before or in use.
  public mutating func register(_ name: String, requestType: String, id: UInt64? = nil) throws(DispatchError) {
    let existing = indexes[name].map { definition.operations[$0] }
    if let id, let existing, existing.id != id {
      if definition.operations.contains(where: { $0.id == id }) {
        throw DispatchError("ID/Name mismatch for handler: \(name)")
      }
      throw DispatchError("Cannot change the assigned ID for handler: \(name)")
    }
    guard (try? schema.encoding(requestType)) != nil else { throw DispatchError("Invalid request type") }
    let next = id ?? UInt64(counter)
    if id == nil { counter += 1 }
    if let existing {
      guard existing.requestType == requestType else {
        throw DispatchError("Cannot alter the request type for a handler")
      }
      return
    }
    if let other = definition.operations.first(where: { $0.id == next }) {
      throw DispatchError(
        "ID \(next) of \(name) is that of \(other.name): describe the existing operations first, in their order")
    }
    definition.version = previousVersion + 1
    indexes[name] = definition.operations.count
    definition.operations.append(
      OperationDefinition(id: next, name: name, requestType: requestType, version: definition.version))
  }

  /// The new definition.
  public func build() -> DispatchDefinition { definition }
}
