/// # Hyperdispatch
///
/// Operations with a number, as an application appends them to its log. Which operations there are is a JSON file,
/// `dispatch.json`; their arguments are types of a schema (see `Hyperschema`).
///
/// ## The file
///
/// `{version, offset, schema: [{id, name, requestType, version}…]}`, indented by two spaces, without a final newline.
/// `name` is a full name (`@namespace/operation`), `requestType` a primitive or the full name of a type, `version` the
/// version of the file that introduced the operation.
///
/// An operation gets the id that its description gives, else the next one of a counter that starts at `offset`. The
/// counter does not know the ids of the file that is extended: describing an operation again takes a number from it
/// without using it. So all old operations are described first, in their order, and then the new ones. The version
/// goes up by one at the first new operation.
///
/// ## The message
///
/// `uint` id, then the request as the schema encodes it at the top level, unframed. Bytes behind it are ignored. The
/// message carries no version.
///
/// Source: spec 04 §7.

/// Why an operation, a message or a definition was refused. The text is that of the reference where it has one.
public struct DispatchError: Error, Equatable, Sendable, CustomStringConvertible {
  /// One line for people.
  public let description: String

  /// An error with the given text.
  public init(_ description: String) { self.description = description }
}
