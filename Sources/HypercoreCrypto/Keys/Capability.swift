public import CompactEncoding

/// The proof, bound to one connection, that its maker knows a core key.
///
/// `BLAKE2b-256(key = handshake hash, role constant ‖ core key)`, where the role is that of the side that makes it on
/// the secure stream; role constants are `namespace("hypercore", 1)` for the initiator and `2` for the responder.
///
/// Source: spec 01 §3, spec 02 §5.
public enum ReplicationCapability {
  private static let initiator = namespace("hypercore", 1)
  private static let responder = namespace("hypercore", 2)

  /// The capability that the side in `role` sends.
  ///
  /// - Parameter handshakeHash: the 64 bytes of the finished handshake.
  public static func make(_ role: StreamRole, coreKey: Fixed32, handshakeHash: [UInt8]) -> Fixed32 {
    var hasher = Blake2b(key: handshakeHash)
    hasher.update(role == .initiator ? initiator : responder)
    hasher.update(coreKey)
    return hasher.finalize32()
  }
}

/// The proof, bound to one connection, that its maker knows a shared 32-byte secret; exchanged in the handshakes of
/// RPC channels.
///
/// `BLAKE2b-256(key = handshake hash, namespace("hyperswarm-capability", 0) ‖ role byte ‖ secret)`, with the role byte
/// 1 when the initiator of the stream makes it and 0 when the responder does.
///
/// Source: spec 02 §12.3.
public enum SharedCapability {
  /// The constant that separates these hashes from others.
  public static let constant = namespace("hyperswarm-capability", 0)

  /// The capability that the side in `role` sends.
  ///
  /// - Parameter handshakeHash: the 64 bytes of the finished handshake.
  public static func make(_ role: StreamRole, secret: Fixed32, handshakeHash: [UInt8]) -> Fixed32 {
    var hasher = Blake2b(key: handshakeHash)
    hasher.update(constant)
    hasher.update([role == .initiator ? 1 : 0])
    hasher.update(secret)
    return hasher.finalize32()
  }
}

/// Compares two values without revealing in its run time how much of them agrees.
public func constantTimeEqual(_ a: Fixed32, _ b: Fixed32) -> Bool {
  a.withUnsafeBytes { a in
    b.withUnsafeBytes { b in
      var difference: UInt8 = 0
      for i in 0..<32 { difference |= a[i] ^ b[i] }
      return difference == 0
    }
  }
}
