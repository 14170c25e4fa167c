public import CompactEncoding

/// # Noise handshake
///
/// The patterns XX and IK of the Noise protocol framework (revision 34) over Ed25519 points, ChaCha20-Poly1305 and
/// BLAKE2b-512, as a value that takes and gives messages.
///
/// ```
/// init:  h = protocol name, zero padded to 64 bytes; ck = h; no key
///        mixHash(prologue); IK only: mixHash(responder's static public key)
/// mixHash(x):        h = BLAKE2b-512(h ‖ x)
/// mixKey(dh):        (ck, k) = HKDF(ck, dh), k cut to 32 bytes; n = 0
/// encryptAndHash(p): c = key ? AEAD(k, nonce = 00000000 ‖ LE64(n++), ad = h, p) : p; mixHash(c)
/// ```
///
/// | pattern | message | tokens | bytes with empty payload |
/// |---|---|---|---|
/// | XX | 1 → | e | 32 |
/// | XX | 2 ← | e, ee, s, es | 96 |
/// | XX | 3 → | s, se | 64 |
/// | IK | 1 → | e, es, s, ss | 96 |
/// | IK | 2 ← | e, ee, se | 48 |
///
/// `e` sends the ephemeral public key and mixes it into the hash; `s` sends the static public key through
/// encryptAndHash; two letters mix the Diffie–Hellman result of the initiator's key (first letter) with the responder's
/// (second). Each message ends with its payload through encryptAndHash. At the end `HKDF(ck, empty)` gives the key of
/// the initiator's direction and that of the responder's, 32 bytes each, and `h` identifies the connection.
///
/// Source: spec 02 §2.
public struct NoiseHandshake: Sendable {
  /// Which static keys are known beforehand.
  public enum Pattern: Sendable, Hashable {
    /// Neither side knows the other's static key; three messages.
    case xx
    /// The initiator knows the responder's static key; two messages.
    case ik

    /// The name that the hash starts from.
    public var protocolName: String {
      self == .xx ? "Noise_XX_Ed25519_ChaChaPoly_BLAKE2b" : "Noise_IK_Ed25519_ChaChaPoly_BLAKE2b"
    }

    var messages: [[Token]] {
      switch self {
      case .xx: [[.e], [.e, .ee, .s, .es], [.s, .se]]
      case .ik: [[.e, .es, .s, .ss], [.e, .ee, .se]]
      }
    }
  }

  enum Token: Sendable { case e, s, ee, es, se, ss }

  /// What a finished handshake leaves.
  public struct Outcome: Sendable, Hashable {
    /// The other side's static public key, authenticated.
    public let remotePublicKey: Fixed32
    /// 64 bytes that identify this connection.
    public let handshakeHash: [UInt8]
    /// The key of what this side sends.
    public let sendKey: Fixed32
    /// The key of what this side receives.
    public let receiveKey: Fixed32

    /// The outcome of a handshake that ran elsewhere, such as in the packets of a DHT.
    public init(remotePublicKey: Fixed32, handshakeHash: [UInt8], sendKey: Fixed32, receiveKey: Fixed32) {
      self.remotePublicKey = remotePublicKey
      self.handshakeHash = handshakeHash
      self.sendKey = sendKey
      self.receiveKey = receiveKey
    }
  }

  /// The pattern that runs.
  public let pattern: Pattern
  /// This side.
  public let role: StreamRole
  /// The other side's static public key, as soon as it is known.
  public private(set) var remotePublicKey: Fixed32?
  /// The result, once the last message was written or read.
  public private(set) var outcome: Outcome?

  private var state: SymmetricState
  private let staticKeys: NoiseKeyPair
  private let ephemeralKeys: NoiseKeyPair
  private var remoteEphemeral: Fixed32?
  private var next = 0
  private var failed = false

  /// A handshake before its first message.
  ///
  /// - Parameters:
  ///   - ephemeral: a key pair made for this one handshake from a secure source of random bytes.
  ///   - remotePublicKey: the responder's static key: needed by the initiator of IK, ignored otherwise.
  ///   - prologue: bytes both sides must agree on without sending them.
  public init(
    _ pattern: Pattern, role: StreamRole, static staticKeys: NoiseKeyPair, ephemeral: NoiseKeyPair,
    remotePublicKey: Fixed32? = nil, prologue: [UInt8] = []
  ) {
    self.pattern = pattern
    self.role = role
    self.staticKeys = staticKeys
    ephemeralKeys = ephemeral
    state = SymmetricState(protocolName: pattern.protocolName)
    state.mixHash(prologue)
    if pattern == .ik {
      if role == .initiator {
        guard let remotePublicKey else { preconditionFailure("the initiator of IK knows the responder's key") }
        self.remotePublicKey = remotePublicKey
        state.mixHash(remotePublicKey.bytes)
      } else {
        state.mixHash(staticKeys.publicKey.bytes)
      }
    }
  }

  /// Whether this side writes the next message.
  public var writesNext: Bool {
    outcome == nil && !failed && next.isMultiple(of: 2) == (role == .initiator)
  }

  /// `h`: 64 bytes that cover everything sent so far.
  public var hash: [UInt8] { state.hash }

  /// `ck`: 64 bytes; nil once the handshake is finished.
  public var chainingKey: [UInt8]? { outcome == nil ? state.chainingKey : nil }

  /// Bytes of the next message when its payload has `payloadCount`.
  public func nextMessageCount(payloadCount: Int = 0) -> Int {
    guard outcome == nil, next < pattern.messages.count else { return 0 }
    var overhead = state.overhead
    var count = 0
    for token in pattern.messages[next] {
      switch token {
      case .e: count += 32
      case .s: count += 32 + overhead
      default: overhead = 16
      }
    }
    return count + payloadCount + overhead
  }

  /// The next message of this side.
  ///
  /// - Throws: `outOfTurn` when the other side has to write, `invalidPoint` when a key of the other side is unusable.
  public mutating func write(payload: [UInt8] = []) throws(NoiseError) -> [UInt8] {
    guard writesNext else { throw .outOfTurn }
    failed = true
    var message: [UInt8] = []
    for token in pattern.messages[next] {
      switch token {
      case .e:
        let key = ephemeralKeys.publicKey.bytes
        state.mixHash(key)
        message += key
      case .s:
        message += state.encryptAndHash(staticKeys.publicKey.bytes)
      default:
        try mix(token)
      }
    }
    message += state.encryptAndHash(payload)
    advance()
    return message
  }

  /// Takes the next message of the other side and returns its payload.
  ///
  /// - Throws: when the message is too short, was changed or holds an unusable point. The handshake is over then.
  public mutating func read(_ message: [UInt8]) throws(NoiseError) -> [UInt8] {
    guard outcome == nil, !failed, !writesNext else { throw .outOfTurn }
    let needed = nextMessageCount()
    guard message.count >= needed else {
      failed = true
      throw .messageTooShort(needed: needed, found: message.count)
    }
    failed = true
    var offset = 0
    for token in pattern.messages[next] {
      switch token {
      case .e:
        let key = Array(message[offset..<offset + 32])
        remoteEphemeral = Fixed32(key)
        state.mixHash(key)
        offset += 32
      case .s:
        let count = 32 + state.overhead
        remotePublicKey = Fixed32(try state.decryptAndHash(Array(message[offset..<offset + count])))
        offset += count
      default:
        try mix(token)
      }
    }
    let payload = try state.decryptAndHash(Array(message[offset...]))
    advance()
    return payload
  }

  /// Mixes in the Diffie–Hellman result that a token of two letters names.
  private mutating func mix(_ token: Token) throws(NoiseError) {
    let (mine, theirs): (NoiseKeyPair, Fixed32?) =
      switch (token, role) {
      case (.ee, _): (ephemeralKeys, remoteEphemeral)
      case (.ss, _): (staticKeys, remotePublicKey)
      case (.es, .initiator), (.se, .responder): (ephemeralKeys, remotePublicKey)
      default: (staticKeys, remoteEphemeral)
      }
    guard let theirs, let shared = mine.sharedPoint(with: theirs) else { throw .invalidPoint }
    state.mixKey(shared)
  }

  /// Moves behind a message that was handled completely.
  private mutating func advance() {
    failed = false
    next += 1
    guard next == pattern.messages.count, let remotePublicKey else { return }
    let (initiator, responder) = state.split()
    outcome = Outcome(
      remotePublicKey: remotePublicKey, handshakeHash: state.hash,
      sendKey: role == .initiator ? initiator : responder, receiveKey: role == .initiator ? responder : initiator)
  }
}
