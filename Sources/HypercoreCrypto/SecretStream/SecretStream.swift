internal import CSodium
public import CompactEncoding

/// # Secret stream
///
/// One direction of an encrypted stream: libsodium's `crypto_secretstream_xchacha20poly1305` with tag 0 and no
/// additional data. Both ends hold the same state; a message moved, dropped, repeated or changed does not authenticate.
///
/// ```
/// start(key, header24):  k = HChaCha20(key, header[0..<16]); counter = 1; inonce = header[16..<24]
/// sealed message:        encrypted tag (1) ‖ ciphertext (as long as the message) ‖ Poly1305 tag (16)
/// after each message:    inonce ^= tag[0..<8]; counter += 1; when it wraps to 0, or the message's tag has bit 2:
/// rekey:                 (k ‖ inonce) ^= ChaCha20-IETF(k, nonce = LE32(counter) ‖ inonce)[0..<40]; counter = 1
/// ```
///
/// The header is 24 random bytes that the sender chooses and sends in the clear.
///
/// Source: spec 02 §3.3.
public struct SecretStream: Sendable {
  private var state: crypto_secretstream_xchacha20poly1305_state

  /// Bytes of the header.
  public static let headerCount = 24
  /// Bytes by which a sealed message is longer than its plaintext.
  public static let overhead = 17

  /// The start of a stream; the same for the side that seals and the side that opens.
  ///
  /// - Parameter header: the sender's 24 random bytes.
  public init(key: Fixed32, header: [UInt8]) {
    precondition(header.count == Self.headerCount, "a secret stream's header has 24 bytes")
    _ = Sodium.ready
    state = crypto_secretstream_xchacha20poly1305_state()
    key.withUnsafeBytes { _ = crypto_secretstream_xchacha20poly1305_init_pull(&state, header, $0.octets) }
  }

  /// A stream in the given state; nil unless it has 44 bytes.
  ///
  /// - Parameter state: `k` (32) ‖ counter (4, little endian) ‖ inonce (8).
  public init?(state bytes: [UInt8]) {
    guard bytes.count == 44 else { return nil }
    _ = Sodium.ready
    state = crypto_secretstream_xchacha20poly1305_state()
    withUnsafeMutableBytes(of: &state) { $0.copyBytes(from: bytes) }
  }

  /// The state as 44 bytes: `k` (32) ‖ counter (4, little endian) ‖ inonce (8).
  public var stateBytes: [UInt8] { withUnsafeBytes(of: state) { Array($0[..<44]) } }

  /// Seals a message: 17 bytes longer than it.
  public mutating func seal(_ message: [UInt8]) -> [UInt8] {
    var sealed: [UInt8] = []
    message.withUnsafeBytes { message in
      sealed = [UInt8](unsafeUninitializedCapacity: message.count + Self.overhead) { target, count in
        seal(message, into: UnsafeMutableRawBufferPointer(target))
        count = message.count + Self.overhead
      }
    }
    return sealed
  }

  /// Seals a message into `target`, which has 17 bytes more than it and does not overlap it.
  mutating func seal(_ message: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
    precondition(target.count == message.count + Self.overhead, "a sealed message is 17 bytes longer")
    let source = message.baseAddress?.assumingMemoryBound(to: UInt8.self)
    _ = crypto_secretstream_xchacha20poly1305_push(
      &state, target.octets, nil, source, UInt64(message.count), nil, 0, 0)
  }

  /// Opens a sealed message, whatever its tag; a tag with the rekey bit takes effect on the state.
  ///
  /// - Returns: nil when it is shorter than 17 bytes or does not authenticate. The state is unchanged then.
  public mutating func open(_ sealed: [UInt8]) -> [UInt8]? { sealed.withUnsafeBytes { open($0) } }

  /// Opens a sealed message in borrowed memory.
  mutating func open(_ sealed: UnsafeRawBufferPointer) -> [UInt8]? {
    guard sealed.count >= Self.overhead else { return nil }
    var result: Int32 = -1
    let message = [UInt8](unsafeUninitializedCapacity: sealed.count - Self.overhead) { target, count in
      var tag: UInt8 = 0
      var none: UInt8 = 0
      if let base = target.baseAddress {
        result = crypto_secretstream_xchacha20poly1305_pull(
          &state, base, nil, &tag, sealed.octets, UInt64(sealed.count), nil, 0)
      } else {
        result = crypto_secretstream_xchacha20poly1305_pull(
          &state, &none, nil, &tag, sealed.octets, UInt64(sealed.count), nil, 0)
      }
      count = result == 0 ? sealed.count - Self.overhead : 0
    }
    return result == 0 ? message : nil
  }
}
