public import JSON

/// The content of a `dispatch.json`.
public struct DispatchDefinition: Sendable, Hashable {
  /// The version of the file: 0 when empty.
  public var version: Int
  /// The id that the counter starts at.
  public var offset: Int
  /// The operations in the order of their registration.
  public var operations: [OperationDefinition]

  /// Operations, by default none.
  public init(version: Int = 0, offset: Int = 0, operations: [OperationDefinition] = []) {
    self.version = version
    self.offset = offset
    self.operations = operations
  }

  /// The content of a parsed file.
  ///
  /// - Throws: ``DispatchError`` naming the member that does not fit.
  public init(_ json: JSON) throws(DispatchError) {
    self.init(version: try json.count("version"), offset: try json.count("offset"))
    guard let list = json["schema"]?.array else { throw DispatchError("Not a dispatch definition: schema is no list") }
    for item in list {
      operations.append(
        OperationDefinition(
          id: UInt64(try item.count("id")), name: try item.text("name"), requestType: try item.text("requestType"),
          version: try item.count("version")))
    }
  }

  /// The file's content as a JSON value, members in the reference's order.
  public var json: JSON {
    [
      "version": .integer(Int64(version)), "offset": .integer(Int64(offset)),
      "schema": .array(operations.map(\.json)),
    ]
  }

  /// The text of the file: indented by two spaces, without a final newline.
  public var text: String { json.text(indentation: 2) }
}

/// An operation of a `dispatch.json`.
public struct OperationDefinition: Sendable, Hashable {
  /// The number in front of messages.
  public var id: UInt64
  /// The full name.
  public var name: String
  /// The type of the request.
  public var requestType: String
  /// The version of the file that introduced the operation.
  public var version: Int

  /// An operation.
  public init(id: UInt64, name: String, requestType: String, version: Int) {
    self.id = id
    self.name = name
    self.requestType = requestType
    self.version = version
  }

  var json: JSON {
    [
      "id": .integer(Int64(id)), "name": .string(name), "requestType": .string(requestType),
      "version": .integer(Int64(version)),
    ]
  }
}

extension JSON {
  fileprivate func count(_ name: String) throws(DispatchError) -> Int {
    guard let value = self[name]?.integer, (0...Int64(Int32.max)).contains(value) else {
      throw DispatchError("Not a dispatch definition: \(name) is no number from 0 to \(Int32.max)")
    }
    return Int(value)
  }

  fileprivate func text(_ name: String) throws(DispatchError) -> String {
    guard let text = self[name]?.string else { throw DispatchError("Not a dispatch definition: \(name) is no text") }
    return text
  }

}
