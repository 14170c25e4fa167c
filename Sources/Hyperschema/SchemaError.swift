/// Why a schema was refused. The text is that of the reference where it has one.
public struct SchemaError: Error, Equatable, Sendable, CustomStringConvertible {
  /// One line for people.
  public let description: String

  /// An error with the given text.
  public init(_ description: String) { self.description = description }
}

extension SchemaError {
  static func malformed(_ what: String) -> SchemaError { SchemaError("Not a schema: \(what)") }
}
