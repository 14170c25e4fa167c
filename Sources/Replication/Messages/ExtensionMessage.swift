public import CompactEncoding

/// A message of the application: `string name ‖ payload (the rest)`. An empty name repeats the name of the previous
/// extension message of that sender on the channel.
///
/// Source: spec 02 §5.1.
public struct ExtensionMessage: Hashable, Sendable {
  /// The extension; empty for the previous one.
  public var name: String
  /// Bytes of the application.
  public var payload: [UInt8]

  /// A message.
  public init(name: String, payload: [UInt8]) {
    self.name = name
    self.payload = payload
  }
}

extension ExtensionMessage: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.string(name)
    size.raw(payload.count)
  }

  public func encode(into writer: inout Writer) {
    writer.string(name)
    writer.raw(payload)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    name = try reader.string()
    payload = reader.rest()
  }
}
