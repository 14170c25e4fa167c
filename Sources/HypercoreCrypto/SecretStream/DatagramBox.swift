internal import CSodium
public import CompactEncoding

/// Unordered messages beside a secure stream, for transports with datagrams.
///
/// A datagram is the counter (8) ‖ `crypto_secretbox` (XSalsa20-Poly1305: 16 bytes of tag, then the ciphertext) with
/// the nonce counter ‖ 16 zero bytes. The sender's counter starts at 8 random bytes and is incremented, as a
/// little-endian number, before each use; it must not return to its start. The receiver drops what does not
/// authenticate; datagrams may arrive late, twice or never.
///
/// Key: `BLAKE2b-256(key = handshake hash, role constant ‖ send constant)`, with the role of the sender.
///
/// Source: spec 02 §3.6.
public struct DatagramBox: Sendable {
  private let key: [UInt8]
  private let start: UInt64
  private var counter: UInt64

  /// Bytes by which a datagram is longer than its message.
  public static let overhead = 24

  /// The key of the messages that the side in `role` sends.
  public static func key(of role: StreamRole, handshakeHash: [UInt8]) -> Fixed32 {
    var hasher = Blake2b(key: handshakeHash)
    hasher.update(SecureStream.constant(of: role))
    hasher.update(SecureStream.sendConstant)
    return hasher.finalize32()
  }

  /// The box of the messages that the side in `role` sends.
  ///
  /// - Parameter counter: 8 random bytes; a receiver may pass 0.
  public init(role: StreamRole, handshakeHash: [UInt8], counter: UInt64 = 0) {
    key = Self.key(of: role, handshakeHash: handshakeHash).bytes
    start = counter
    self.counter = counter
  }

  /// The next datagram; nil once all 2^64 − 1 counters were used.
  public mutating func seal(_ message: [UInt8]) -> [UInt8]? {
    guard counter &+ 1 != start else { return nil }
    counter &+= 1
    let prefix = withUnsafeBytes(of: counter.littleEndian) { Array($0) }
    var box = [UInt8](repeating: 0, count: message.count + 16)
    crypto_secretbox_easy(&box, message, UInt64(message.count), prefix + [UInt8](repeating: 0, count: 16), key)
    return prefix + box
  }

  /// The message in a datagram; nil when it is too short or does not authenticate.
  public func open(_ datagram: [UInt8]) -> [UInt8]? {
    guard datagram.count >= Self.overhead else { return nil }
    let nonce = Array(datagram[..<8]) + [UInt8](repeating: 0, count: 16)
    let box = Array(datagram[8...])
    var message = [UInt8](repeating: 0, count: box.count - 16)
    let result = crypto_secretbox_open_easy(&message, box, UInt64(box.count), nonce, key)
    return result == 0 ? message : nil
  }
}
