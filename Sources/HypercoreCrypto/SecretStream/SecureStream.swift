public import CompactEncoding

/// # Secure stream
///
/// Makes a reliable byte stream private and keeps message boundaries: bytes in, messages out, and the reverse. A value
/// without I/O: whoever owns the socket hands in what was read and writes what ``takeOutput()`` gives.
///
/// Everything on the transport is in frames: length (3 bytes, little endian) ‖ that many bytes. Per direction:
///
/// 1. the Noise messages of this side, with empty payloads (none when the handshake ran elsewhere);
/// 2. one header of 56 bytes: stream id (32) ‖ secret stream header (24);
/// 3. sealed messages of at least 17 bytes, one a frame (``SecretStream``).
///
/// The stream id of a side is `BLAKE2b-256(key = handshake hash, role constant)`, with the constants
/// `namespace("hyperswarm/secret-stream", i)`, i = 0 initiator, 1 responder, 2 for datagrams. A side sends its header as
/// soon as its own handshake is complete and may send messages right behind it. Empty messages are keep-alives.
///
/// A peer is refused as early as its length field: until the handshake is complete a frame must not be longer than the
/// Noise message that is due, a header has exactly 56 bytes, and a message at most ``maximumFrameCount``. So a peer
/// without keys can make this side hold 96 bytes. Errors are final and nothing is sent about them.
///
/// Source: spec 02 §3.
public struct SecureStream: Sendable {
  enum Phase: Sendable {
    case handshake(NoiseHandshake)
    case header(NoiseHandshake.Outcome)
    case open
    case failed(SecureStreamError)
  }

  /// This side.
  public let role: StreamRole
  /// The longest message frame that is accepted, in bytes; its message is 17 bytes shorter.
  public let maximumFrameCount: Int
  /// The result of the handshake, once it is complete.
  public private(set) var outcome: NoiseHandshake.Outcome?
  /// Whether the other side proved its keys by a header: messages may arrive.
  public var isOpen: Bool { if case .open = phase { true } else { false } }

  var phase: Phase
  var input: [UInt8] = []
  var inputOffset = 0
  var output = OutputBuffer()
  private let header: [UInt8]
  private let expectedRemote: Fixed32?
  var push: SecretStream?
  var pull: SecretStream?
  private var waiting: [[UInt8]] = []

  static let headerFrameCount = 32 + SecretStream.headerCount
  /// The longest frame of the format.
  public static let maximumFrameCount = 0xff_ffff
  static let sendConstant = namespace("hyperswarm/secret-stream", 2)
  private static let initiatorConstant = namespace("hyperswarm/secret-stream", 0)
  private static let responderConstant = namespace("hyperswarm/secret-stream", 1)

  static func constant(of role: StreamRole) -> Fixed32 { role == .initiator ? initiatorConstant : responderConstant }

  /// The name that the side in `role` puts in front of its stream.
  public static func streamIdentifier(of role: StreamRole, handshakeHash: [UInt8]) -> Fixed32 {
    var hasher = Blake2b(key: handshakeHash)
    hasher.update(constant(of: role))
    return hasher.finalize32()
  }

  /// A stream that begins with a handshake.
  ///
  /// - Parameters:
  ///   - handshake: one that has not begun.
  ///   - header: 24 random bytes.
  ///   - expectedRemote: the only static key that is accepted of the other side. An initiator refuses another one
  ///     before it reveals its own.
  public init(
    handshake: NoiseHandshake, header: [UInt8], expectedRemote: Fixed32? = nil,
    maximumFrameCount: Int = SecureStream.maximumFrameCount
  ) {
    precondition(header.count == SecretStream.headerCount, "a secret stream's header has 24 bytes")
    role = handshake.role
    self.header = header
    self.expectedRemote = expectedRemote
    self.maximumFrameCount = min(maximumFrameCount, SecureStream.maximumFrameCount)
    phase = .handshake(handshake)
    if handshake.writesNext {
      do { try proceed(handshake) } catch { phase = .failed(error) }
    }
  }

  /// A stream whose handshake ran elsewhere.
  public init(
    role: StreamRole, outcome: NoiseHandshake.Outcome, header: [UInt8],
    maximumFrameCount: Int = SecureStream.maximumFrameCount
  ) {
    precondition(header.count == SecretStream.headerCount, "a secret stream's header has 24 bytes")
    self.role = role
    self.header = header
    expectedRemote = nil
    self.maximumFrameCount = min(maximumFrameCount, SecureStream.maximumFrameCount)
    phase = .header(outcome)
    complete(outcome)
  }

  /// A stream with a new XX handshake.
  ///
  /// - Parameter generator: gives the ephemeral key and the header; cryptographically secure.
  public init(
    role: StreamRole, keyPair: KeyPair, expectedRemote: Fixed32? = nil,
    maximumFrameCount: Int = SecureStream.maximumFrameCount, using generator: inout some RandomNumberGenerator
  ) {
    let ephemeral = NoiseKeyPair(KeyPair(using: &generator))
    let handshake = NoiseHandshake(.xx, role: role, static: NoiseKeyPair(keyPair), ephemeral: ephemeral)
    self.init(
      handshake: handshake, header: randomBytes(SecretStream.headerCount, using: &generator),
      expectedRemote: expectedRemote, maximumFrameCount: maximumFrameCount)
  }

  /// Writes this side's next Noise message and stores the handshake, complete or not.
  private mutating func proceed(_ handshake: NoiseHandshake) throws(SecureStreamError) {
    var handshake = handshake
    if handshake.writesNext {
      do { appendFrame(try handshake.write()) } catch { throw .handshake(error) }
    }
    if let outcome = handshake.outcome {
      phase = .header(outcome)
      complete(outcome)
    } else {
      phase = .handshake(handshake)
    }
  }

  /// Takes a Noise message of the other side.
  mutating func receiveHandshake(_ frame: [UInt8], _ handshake: NoiseHandshake) throws(SecureStreamError) {
    var handshake = handshake
    do { _ = try handshake.read(frame) } catch { throw .handshake(error) }
    if let expectedRemote, let found = handshake.remotePublicKey, found != expectedRemote {
      throw .unexpectedRemoteKey(expected: expectedRemote, found: found)
    }
    try proceed(handshake)
  }

  /// Takes the header of the other side.
  mutating func receiveHeader(_ frame: [UInt8], _ outcome: NoiseHandshake.Outcome) throws(SecureStreamError) {
    guard frame.count == Self.headerFrameCount else { throw .invalidHeaderCount(frame.count) }
    let identifier = Self.streamIdentifier(of: role.opposite, handshakeHash: outcome.handshakeHash)
    guard Fixed32(frame[..<32]) == identifier else { throw .invalidHeader }
    pull = SecretStream(key: outcome.receiveKey, header: Array(frame[32...]))
    phase = .open
  }

  /// Sends the header and whatever waited for it.
  private mutating func complete(_ outcome: NoiseHandshake.Outcome) {
    self.outcome = outcome
    appendFrame(Self.streamIdentifier(of: role, handshakeHash: outcome.handshakeHash).bytes + header)
    push = SecretStream(key: outcome.sendKey, header: header)
    for message in waiting { message.withUnsafeBytes { seal($0) } }
    waiting = []
  }

  private mutating func appendFrame(_ bytes: [UInt8]) {
    output.append([UInt8(truncatingIfNeeded: bytes.count), UInt8(truncatingIfNeeded: bytes.count >> 8), 0])
    output.append(bytes)
  }

  /// Seals a message, to be written in order. Before the handshake is complete the message waits in memory.
  ///
  /// - Throws: `messageTooLong` above 16 777 198 bytes; the error that ended the stream.
  public mutating func send(_ message: [UInt8]) throws(SecureStreamError) {
    try message.withUnsafeBufferPointer { message throws(SecureStreamError) in
      try send(UnsafeRawBufferPointer(message))
    }
  }

  /// Seals a message in borrowed memory.
  public mutating func send(_ message: UnsafeRawBufferPointer) throws(SecureStreamError) {
    if case .failed(let error) = phase { throw error }
    let limit = Self.maximumFrameCount - SecretStream.overhead
    guard message.count <= limit else { throw .messageTooLong(limit: limit, found: message.count) }
    if push == nil { waiting.append(Array(message)) } else { seal(message) }
  }
}
