public import CompactEncoding

/// The reference's default form of a value: a length, then the bytes; absent is length 0.
public enum RPCValue {
  /// The wire form of optional bytes.
  public static func encode(_ bytes: [UInt8]?) -> [UInt8] {
    var size = Size()
    size.optionalBuffer(bytes)
    return Writer.bytes(count: size.count) { $0.optionalBuffer(bytes) }
  }

  /// The bytes in a value of the default form; nil for absent or empty.
  public static func decode(_ value: [UInt8]) throws(DecodingError) -> [UInt8]? {
    var reader = Reader(value.span.bytes)
    return try reader.optionalBuffer()
  }
}

/// The handshake of a channel whose ends prove to each other that they know a secret:
/// `uint flags (1 = has a capability) ‖ [32 bytes]`.
///
/// Source: spec 02 §12.3; the capability itself is `SharedCapability`.
public struct CapabilityHandshake: Hashable, Sendable, CompactCodable {
  /// The proof, nil when the sender has no secret.
  public let capability: Fixed32?

  /// A handshake.
  public init(capability: Fixed32?) { self.capability = capability }

  public func measure(_ size: inout Size) {
    size.byte()
    if capability != nil { size.fixed32() }
  }

  public func encode(into writer: inout Writer) {
    writer.uint(capability == nil ? 0 : 1)
    if let capability { writer.fixed32(capability) }
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    capability = try reader.uint() & 1 == 0 ? nil : try reader.fixed32()
  }
}
