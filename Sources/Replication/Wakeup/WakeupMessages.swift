public import CompactEncoding
public import HypercoreCrypto

/// A log that may have news: its key, and the length it had where the hint comes from.
public struct WakeupHint: Hashable, Sendable, CompactCodable {
  /// The log's core key.
  public let key: Fixed32
  /// Number of blocks.
  public let length: UInt64

  /// A hint.
  public init(key: Fixed32, length: UInt64) {
    self.key = key
    self.length = length
  }

  public func measure(_ size: inout Size) {
    size.fixed32()
    size.uint(length)
  }

  public func encode(into writer: inout Writer) {
    writer.fixed32(key)
    writer.uint(length)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    key = try reader.fixed32()
    length = try reader.uint()
  }
}

/// What both sides send when they open a wakeup channel: `uint version (0) ‖ 32 bytes capability ‖ uint flags`, with
/// flag 1 for active.
public struct WakeupHandshake: Hashable, Sendable, CompactCodable {
  /// Version of the protocol, 0.
  public let version: UInt64
  /// Proves that the sender knows the topic's secret; see ``WakeupCapability``.
  public let capability: Fixed32
  /// Whether the sender uses the topic now.
  public let isActive: Bool

  /// A handshake of version 0.
  public init(capability: Fixed32, isActive: Bool) {
    version = 0
    self.capability = capability
    self.isActive = isActive
  }

  public func measure(_ size: inout Size) {
    size.uint(version)
    size.fixed32()
    size.byte()
  }

  public func encode(into writer: inout Writer) {
    writer.uint(version)
    writer.fixed32(capability)
    writer.uint(isActive ? 1 : 0)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    version = try reader.uint()
    capability = try reader.fixed32()
    isActive = try reader.uint() & 1 != 0
  }
}

/// A message of a wakeup channel.
public enum WakeupMessage: Hashable, Sendable {
  /// Type 0, "which logs have news?": `uint flags (1 = hash) ‖ [32 bytes]`. The hash is the application's.
  case lookup(hash: Fixed32?)
  /// Type 1, "these have": an array of ``WakeupHint``.
  case announce([WakeupHint])
  /// Type 2: `uint flags`, 1 for active.
  case info(isActive: Bool)

  /// Its type in the muxer.
  public var type: UInt64 {
    switch self {
    case .lookup: 0
    case .announce: 1
    case .info: 2
    }
  }

  /// Reads the payload of a message; nil for types that are not known, which are to be ignored.
  public init?(type: UInt64, decoding payload: ArraySlice<UInt8>) throws(DecodingError) {
    var reader = Reader(payload.span.bytes)
    switch type {
    case 0: self = .lookup(hash: try reader.uint() & 1 == 0 ? nil : try reader.fixed32())
    case 1: self = .announce(try reader.array(minimumSize: 33))
    case 2: self = .info(isActive: try reader.uint() & 1 != 0)
    default: return nil
    }
  }
}

extension WakeupMessage: CompactEncodable {
  public func measure(_ size: inout Size) {
    switch self {
    case .lookup(let hash):
      size.byte()
      if hash != nil { size.fixed32() }
    case .announce(let hints): size.array(hints)
    case .info: size.byte()
    }
  }

  public func encode(into writer: inout Writer) {
    switch self {
    case .lookup(let hash):
      writer.uint(hash == nil ? 0 : 1)
      if let hash { writer.fixed32(hash) }
    case .announce(let hints): writer.array(hints)
    case .info(let isActive): writer.uint(isActive ? 1 : 0)
    }
  }
}

/// The proof, bound to one connection, that its maker knows the secret of a topic:
/// `BLAKE2b-256( namespace("wakeup", role) ‖ secret ‖ handshake hash )`, where the role is 0 for the initiator of the
/// stream and 1 for the other side. Not a keyed hash.
///
/// Source: spec 02 §11.
public enum WakeupCapability {
  /// The constant of a role.
  public static func constant(of role: StreamRole) -> Fixed32 { role == .initiator ? initiator : responder }

  private static let initiator = namespace("wakeup", 0)
  private static let responder = namespace("wakeup", 1)

  /// The capability that the side in `role` sends.
  ///
  /// - Parameter handshakeHash: the 64 bytes of the finished handshake.
  public static func make(_ role: StreamRole, secret: Fixed32, handshakeHash: [UInt8]) -> Fixed32 {
    var hasher = Blake2b()
    hasher.update(constant(of: role))
    hasher.update(secret)
    hasher.update(handshakeHash)
    return hasher.finalize32()
  }
}
