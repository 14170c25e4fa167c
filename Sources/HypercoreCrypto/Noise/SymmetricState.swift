internal import CSodium
internal import CompactEncoding

/// The running hash, chaining key and cipher of a Noise handshake (Noise specification, revision 34, §5.2), with
/// BLAKE2b-512 and ChaCha20-Poly1305.
struct SymmetricState {
  /// `h`, 64 bytes.
  private(set) var hash: [UInt8]
  /// `ck`, 64 bytes.
  private(set) var chainingKey: [UInt8]
  private var key: [UInt8]?
  private var counter: UInt64 = 0

  static let hashLength = 64
  static let blockLength = 128

  /// The state for a protocol name of at most 64 bytes.
  init(protocolName: String) {
    _ = Sodium.ready
    let name = Array(protocolName.utf8)
    precondition(name.count <= Self.hashLength, "a longer protocol name would have to be hashed")
    hash = name + [UInt8](repeating: 0, count: Self.hashLength - name.count)
    chainingKey = hash
  }

  /// Bytes that the cipher adds now: 0 before the first key.
  var overhead: Int { key == nil ? 0 : 16 }

  mutating func mixHash(_ bytes: [UInt8]) {
    var hasher = Blake2b(outputLength: Self.hashLength)
    hasher.update(hash)
    hasher.update(bytes)
    hash = hasher.finalize()
  }

  mutating func mixKey(_ shared: Fixed32) {
    let (next, secret) = expand(shared.bytes)
    chainingKey = next
    key = Array(secret[..<32])
    counter = 0
  }

  /// The two keys of the finished handshake: that of the initiator's messages first.
  func split() -> (Fixed32, Fixed32) {
    let (first, second) = expand([])
    return (Fixed32 { $0.copyBytes(from: first[..<32]) }, Fixed32 { $0.copyBytes(from: second[..<32]) })
  }

  mutating func encryptAndHash(_ plain: [UInt8]) -> [UInt8] {
    guard let key else {
      mixHash(plain)
      return plain
    }
    let nonce = nextNonce()
    let sealed = [UInt8](unsafeUninitializedCapacity: plain.count + 16) { buffer, count in
      var length: UInt64 = 0
      crypto_aead_chacha20poly1305_ietf_encrypt(
        buffer.octets, &length, plain, UInt64(plain.count), hash, UInt64(hash.count), nil, nonce, key)
      count = Int(length)
    }
    mixHash(sealed)
    return sealed
  }

  mutating func decryptAndHash(_ sealed: [UInt8]) throws(NoiseError) -> [UInt8] {
    guard let key else {
      mixHash(sealed)
      return sealed
    }
    guard sealed.count >= 16 else { throw .messageTooShort(needed: 16, found: sealed.count) }
    let nonce = nextNonce()
    var plain = [UInt8](repeating: 0, count: sealed.count - 16)
    let result = crypto_aead_chacha20poly1305_ietf_decrypt(
      &plain, nil, nil, sealed, UInt64(sealed.count), hash, UInt64(hash.count), nonce, key)
    guard result == 0 else { throw .authenticationFailed }
    mixHash(sealed)
    return plain
  }

  /// Four zero bytes and the counter, little endian.
  private mutating func nextNonce() -> [UInt8] {
    defer { counter += 1 }
    return [0, 0, 0, 0] + withUnsafeBytes(of: counter.littleEndian) { Array($0) }
  }

  /// HKDF with two outputs of 64 bytes.
  private func expand(_ input: [UInt8]) -> ([UInt8], [UInt8]) {
    let extracted = Self.hmac(key: chainingKey, input)
    let first = Self.hmac(key: extracted, [1])
    return (first, Self.hmac(key: extracted, first + [2]))
  }

  /// HMAC (RFC 2104) over BLAKE2b-512, whose block has 128 bytes; keys here never exceed a block.
  private static func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    let padding = [UInt8](repeating: 0, count: blockLength - key.count)
    var inner = Blake2b(outputLength: hashLength)
    inner.update((key + padding).map { $0 ^ 0x36 })
    inner.update(message)
    var outer = Blake2b(outputLength: hashLength)
    outer.update((key + padding).map { $0 ^ 0x5c })
    outer.update(inner.finalize())
    return outer.finalize()
  }
}
