import CompactEncoding
import HypercoreCrypto
import JSON
import TestSupport
import Testing

/// `02-secretstream`: single messages with their states, and whole conversations byte by byte.
@Suite struct SecretStreamVectorTests {
  let file: JSON

  init() throws { file = try Vectors.load("02-secretstream") }

  @Test func everySection() throws {
    for (name, value) in try #require(file.object) {
      switch name {
      case "note": break
      case "raw":
        let stream = SecretStream(key: try value.fixed32("key"), header: try value.hex("header"))
        #expect(stream.stateBytes == (try value.hex("initialState")))
        try frames(value, from: stream)
      case "rekey":
        try frames(value, from: try #require(SecretStream(state: try value.hex("stateBefore"))))
      case "conversations":
        let conversations = try #require(value.array)
        #expect(conversations.count > 0)
        for item in conversations { try conversation(item) }
      default: Issue.record("no test for the section \(name)")
      }
    }
  }

  func frames(_ section: JSON, from start: SecretStream) throws {
    var (sender, receiver) = (start, start)
    let frames = try section.list("frames")
    #expect(frames.count > 0)
    for frame in frames {
      let plain = try frame.hex("plain")
      let sealed = sender.seal(plain)
      #expect(sealed == (try frame.hex("ciphertext")))
      #expect(sender.stateBytes == (try frame.hex("stateAfter")))
      #expect(receiver.open(sealed) == plain)
      #expect(receiver.stateBytes == sender.stateBytes)
    }
  }

  func conversation(_ item: JSON) throws {
    func keys(_ name: String) throws -> NoiseKeyPair { NoiseKeyPair(KeyPair(seed: try item.fixed32(name))) }
    let transport = try item.list("transport").map { (from: try $0.text("from"), bytes: try $0.hex("bytes")) }
    let pattern: NoiseHandshake.Pattern
    switch try item.text("pattern") {
    case "XX": pattern = .xx
    case "IK": pattern = .ik
    case let other: throw VectorError("no test for the pattern \(other)")
    }
    let responderKey = try keys("responderStaticSeed").publicKey
    func stream(_ role: StreamRole, _ name: String) throws -> SecureStream {
      let header = try #require(transport.first { $0.from == name && $0.bytes.count == 59 }, "no header of \(name)")
      let handshake = NoiseHandshake(
        pattern, role: role, static: try keys(name + "StaticSeed"), ephemeral: try keys(name + "EphemeralSeed"),
        remotePublicKey: responderKey)
      return SecureStream(handshake: handshake, header: Array(header.bytes[35...]))
    }
    var sides = ["initiator": try stream(.initiator, "initiator"), "responder": try stream(.responder, "responder")]
    var received: [String: [[UInt8]]] = ["initiator": [], "responder": []]
    var unsent: [String: [[UInt8]]] = [:]
    for name in sides.keys {
      unsent[name] = try item.at("received").list(name == "initiator" ? "responder" : "initiator").map { try $0.hex() }
    }

    // Each entry is one write of its side: what the state machine has to say by itself, or else the next message.
    var pending = ["initiator": [UInt8](), "responder": [UInt8]()]
    for (from, bytes) in transport {
      let to = from == "initiator" ? "responder" : "initiator"
      if pending[from]?.isEmpty == true { pending[from] = sides[from]?.takeOutput() }
      if pending[from]?.isEmpty == true {
        let message = try #require(unsent[from]?.first)
        unsent[from]?.removeFirst()
        try sides[from]?.send(message)
        pending[from] = sides[from]?.takeOutput()
      }
      let output = pending[from] ?? []
      #expect(Array(output.prefix(bytes.count)) == bytes)
      pending[from] = Array(output.dropFirst(bytes.count))
      for byte in bytes {
        sides[to]?.receive([byte])
        while let message = try sides[to]?.next() { received[to]?.append(message) }
      }
    }
    for (name, messages) in received {
      #expect(messages == (try item.at("received").list(name).map { try $0.hex() }))
      #expect(unsent[name]?.isEmpty == true && pending[name]?.isEmpty == true)
      #expect(sides[name]?.outcome?.handshakeHash == (try item.hex("handshakeHash")))
      #expect(sides[name]?.isOpen == true)
    }
    try unordered(item)
  }

  func unordered(_ item: JSON) throws {
    let hash = try item.hex("handshakeHash")
    let unordered = try item.at("unordered")
    let role: StreamRole = try unordered.text("sender") == "initiator" ? .initiator : .responder
    let counter = try unordered.hex("counterBefore").reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    #expect(DatagramBox.key(of: role, handshakeHash: hash) == (try unordered.fixed32("key")))
    var sender = DatagramBox(role: role, handshakeHash: hash, counter: counter)
    let receiver = DatagramBox(role: role, handshakeHash: hash)
    let messages = try unordered.list("messages")
    #expect(messages.count > 0)
    for message in messages {
      let plain = try message.hex("plain")
      guard let datagram = sender.seal(plain) else { throw VectorError("no counter left") }
      #expect(datagram == (try message.hex("datagram")))
      #expect(receiver.open(datagram) == plain)
      for i in datagram.indices {
        var changed = datagram
        changed[i] ^= 0x10
        #expect(receiver.open(changed) == nil)
      }
    }
  }
}
