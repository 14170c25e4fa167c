internal import CSodium
public import CompactEncoding

/// The XSalsa20 stream cipher, without authentication (libsodium `crypto_stream`).
public enum XSalsa20 {
  /// Bytes of a nonce.
  public static let nonceLength = 24

  /// Combines `bytes[from...]` with the key stream, in place. The same call reverses it.
  ///
  /// - Parameter nonce: 24 bytes, never used twice with one key for different contents.
  public static func apply(to bytes: inout [UInt8], from start: Int = 0, nonce: [UInt8], key: Fixed32) {
    precondition(nonce.count == nonceLength, "a nonce has 24 bytes")
    guard start < bytes.count else { return }
    bytes.withUnsafeMutableBytes { buffer in
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[start...])
      _ = key.withUnsafeBytes { key in
        crypto_stream_xor(part.octets, part.octets, UInt64(part.count), nonce, key.octets)
      }
    }
  }
}
