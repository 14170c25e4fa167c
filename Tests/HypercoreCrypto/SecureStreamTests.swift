import CompactEncoding
import HypercoreCrypto
import TestSupport
import Testing

@Suite struct SecureStreamTests {
  /// Two ends that know nothing of each other yet.
  func pair(
    seed: UInt64, expected: Fixed32? = nil, limit: Int = SecureStream.maximumFrameCount
  ) -> (
    SecureStream, SecureStream, KeyPair
  ) {
    var generator = SeededGenerator(seed: seed)
    let server = KeyPair(using: &generator)
    let initiator = SecureStream(
      role: .initiator, keyPair: KeyPair(using: &generator), expectedRemote: expected ?? server.publicKey,
      using: &generator)
    let responder = SecureStream(
      role: .responder, keyPair: server, maximumFrameCount: limit, using: &generator)
    return (initiator, responder, server)
  }

  /// Carries bytes until neither side has any; returns what each received.
  func exchange(_ a: inout SecureStream, _ b: inout SecureStream) throws -> ([[UInt8]], [[UInt8]]) {
    var (toA, toB): ([[UInt8]], [[UInt8]]) = ([], [])
    while a.hasOutput || b.hasOutput {
      b.receive(a.takeOutput())
      while let message = try b.next() { toB.append(message) }
      a.receive(b.takeOutput())
      while let message = try a.next() { toA.append(message) }
    }
    return (toA, toB)
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64]) func messagesArriveWhateverTheChunks(seed: UInt64) throws {
    var (a, b, _) = pair(seed: seed)
    var generator = SeededGenerator(seed: seed)
    let early = (0..<3).map { _ in generator.bytes(10) }
    for message in early { try a.send(message) }
    let (_, first) = try exchange(&a, &b)
    #expect(first == early)
    let messages = (0..<50).map { _ in generator.bytes(Int.random(in: 0...4000, using: &generator)) }
    for message in messages { try b.send(message) }
    var bytes = b.takeOutput()[...]
    var received: [[UInt8]] = []
    while !bytes.isEmpty {
      let count = Int.random(in: 1...5000, using: &generator)
      a.receive(Array(bytes.prefix(count)))
      bytes = bytes.dropFirst(count)
      while let message = try a.next() { received.append(message) }
    }
    #expect(received == messages, "seed \(seed)")
    #expect(a.bufferedCount == 0)
  }

  @Test func aWrongServerLearnsNothing() throws {
    let other = KeyPair(seed: Fixed32()).publicKey
    var (a, b, server) = pair(seed: 9, expected: other)
    b.receive(a.takeOutput())
    _ = try b.next()
    a.receive(b.takeOutput())
    let expected = SecureStreamError.unexpectedRemoteKey(expected: other, found: server.publicKey)
    #expect(throws: expected) { try a.next() }
    #expect(throws: expected) { try a.next() }
    #expect(!a.hasOutput && a.outcome == nil)
    #expect(throws: expected) { try a.send([1]) }
  }

  @Test func longFramesAreRefusedByTheirLength() throws {
    var (_, b, _) = pair(seed: 1)
    b.receive([0xff, 0xff, 0xff])
    #expect(throws: SecureStreamError.frameTooLong(limit: 32, found: 0xffffff)) { try b.next() }
    b.receive([UInt8](repeating: 0, count: 100))
    #expect(b.bufferedCount == 0)

    var (a, c, _) = pair(seed: 2, limit: 1000)
    _ = try exchange(&a, &c)
    try a.send([UInt8](repeating: 7, count: 1000 - 17))
    #expect(try exchange(&a, &c).1.count == 1)
    try a.send([UInt8](repeating: 7, count: 1000 - 16))
    #expect(throws: SecureStreamError.frameTooLong(limit: 1000, found: 1001)) { try exchange(&a, &c) }
    #expect(throws: SecureStreamError.messageTooLong(limit: 0xffffff - 17, found: 0xffffff)) {
      try a.send([UInt8](repeating: 0, count: 0xffffff))
    }
  }

  /// Every byte of a conversation, changed: the stream ends or waits, and never gives a message that was not sent.
  @Test func everyChangedByteIsNoticed() throws {
    let plain = Array("the message".utf8)
    func talk(_ change: (inout [UInt8]) -> Void) -> (sent: Int, received: [[UInt8]], failed: Bool) {
      var (a, b, _) = pair(seed: 3)
      var (sent, received): (Int, [[UInt8]]) = (0, [])
      do {
        try a.send(plain)
        while a.hasOutput || b.hasOutput {
          var bytes = a.takeOutput()
          sent += bytes.count
          change(&bytes)
          b.receive(bytes)
          while let message = try b.next() { received.append(message) }
          a.receive(b.takeOutput())
          while try a.next() != nil {}
        }
      } catch {
        return (sent, received, true)
      }
      return (sent, received, false)
    }
    let clean = talk { _ in }
    #expect(clean.received == [plain] && !clean.failed)
    for position in 0..<clean.sent {
      for bit in [0, 7] {
        var offset = 0
        let result = talk { bytes in
          if bytes.indices.contains(position - offset) { bytes[position - offset] ^= 1 << UInt8(bit) }
          offset += bytes.count
        }
        #expect(result.received.isEmpty, "byte \(position), bit \(bit)")
      }
    }
  }

  @Test func changedHandshakesAndPointsAreRefused() throws {
    var generator = SeededGenerator(seed: 4)
    let keys = (0..<4).map { _ in NoiseKeyPair(KeyPair(using: &generator)) }
    let smallOrder = Fixed32 { $0.copyBytes(from: [1] + [UInt8](repeating: 0, count: 31)) }
    #expect(keys[0].sharedPoint(with: smallOrder) == nil)
    #expect(keys[0].sharedPoint(with: Fixed32 { $0.copyBytes(from: [UInt8](repeating: 255, count: 32)) }) == nil)
    var initiator = NoiseHandshake(
      .ik, role: .initiator, static: keys[0], ephemeral: keys[1], remotePublicKey: keys[2].publicKey)
    let message = try initiator.write(payload: [1, 2, 3])
    for i in message.indices {
      var changed = message
      changed[i] ^= 0x40
      var responder = NoiseHandshake(.ik, role: .responder, static: keys[2], ephemeral: keys[3])
      #expect(throws: NoiseError.self) { try responder.read(changed) }
      #expect(throws: NoiseError.outOfTurn) { try responder.write() }
      #expect(throws: NoiseError.self) {
        var responder = NoiseHandshake(.ik, role: .responder, static: keys[2], ephemeral: keys[3])
        _ = try responder.read(Array(message[..<i]))
      }
    }
  }

  @Test func anExistingHandshakeIsTakenOver() throws {
    let hash = [UInt8](repeating: 5, count: 64)
    let keys = (1...4).map { byte in Fixed32 { $0.copyBytes(from: [UInt8](repeating: UInt8(byte), count: 32)) } }
    var a = SecureStream(
      role: .initiator,
      outcome: .init(remotePublicKey: keys[0], handshakeHash: hash, sendKey: keys[2], receiveKey: keys[3]),
      header: [UInt8](repeating: 1, count: 24))
    var b = SecureStream(
      role: .responder,
      outcome: .init(remotePublicKey: keys[1], handshakeHash: hash, sendKey: keys[3], receiveKey: keys[2]),
      header: [UInt8](repeating: 2, count: 24))
    try a.send([1])
    try b.send([2])
    let (toA, toB) = try exchange(&a, &b)
    #expect(toA == [[2]] && toB == [[1]])
  }
}
