import CompactEncoding
import Hypercore
import HypercoreCrypto
import JSON
import Protomux
import TestSupport
import Testing

@testable import Replication

@Suite struct WakeupTests {
  /// A store without logs.
  final class NoLogs: LogStore {
    func log(discoveryKey: Fixed32) throws -> Hypercore? { nil }
  }

  @Test func encodings() throws {
    let file = try Vectors.load("02-hypercore-messages").at("wakeup")
    var count = 0
    for item in try file.list("messages") {
      let bytes = try item.hex("hex")
      let value = try item.at("value")
      count += 1
      switch try item.text("message") {
      case "handshake":
        let handshake = WakeupHandshake(
          capability: try value.fixed32("capability"), isActive: try value.flag("active"))
        #expect(handshake.encoded() == bytes)
        #expect(try handshake.version == value.number("version"))
        #expect(try WakeupHandshake(decoding: bytes) == handshake)
        continue
      case "lookup": try check(.lookup(hash: value["hash"]?.string == nil ? nil : value.fixed32("hash")), bytes)
      case "announce": try check(.announce(hints(value)), bytes)
      case "info": try check(.info(isActive: value.flag("active")), bytes)
      case let name: Issue.record("no test for a message \(name)")
      }
    }
    #expect(count > 0)
    #expect(try WakeupCapability.constant(of: .initiator) == file.at("namespaces").fixed32("NS_INITIATOR"))
    #expect(try WakeupCapability.constant(of: .responder) == file.at("namespaces").fixed32("NS_RESPONDER"))
    let secret = try file.fixed32("capabilityKey")
    let hash = try file.hex("handshakeHash")
    #expect(try WakeupTopic(secret: secret).identifier == file.fixed32("topic"))
    #expect(
      WakeupCapability.make(.initiator, secret: secret, handshakeHash: hash)
        == (try file.fixed32("initiatorCapability")))
    #expect(
      WakeupCapability.make(.responder, secret: secret, handshakeHash: hash)
        == (try file.fixed32("responderCapability")))
  }

  func check(_ message: WakeupMessage, _ bytes: [UInt8]) throws {
    #expect(message.encoded() == bytes)
    #expect(try WakeupMessage(type: message.type, decoding: bytes[...]) == message)
    #expect(try WakeupMessage(type: 3, decoding: bytes[...]) == nil)
  }

  func hints(_ value: JSON) throws -> [WakeupHint] {
    try (value.array ?? []).map { WakeupHint(key: try $0.fixed32("key"), length: try $0.number("length")) }
  }

  /// Both sides do what the recorded ones did; every frame must be the recorded one, and what they hear as well.
  @Test func transcript() throws {
    let file = try Vectors.load("02-wakeup")
    let noise = try Vectors.load("02-noise").list("cases")[0].at("final").hex("handshakeHash")
    let secret = try Vectors.load("02-hypercore-messages").at("wakeup").fixed32("capabilityKey")
    let frames = try file.list("frames")
    var events: [String] = []
    var stores: [String: StoreReplicator] = [:]
    var topics: [String: WakeupTopic] = [:]
    var carriers: [String: TestCarrier] = [:]
    for (name, role) in [("A", StreamRole.initiator), ("B", .responder)] {
      let store = StoreReplicator(store: NoLogs())
      let carrier = TestCarrier()
      carrier.stream = store.attach(carrier, role: role, handshakeHash: noise, now: 0)
      let topic = WakeupTopic(secret: secret)
      #expect(try topic.identifier == file.fixed32("topic"))
      topic.onLookup = { _, _ in events.append("\(name) lookup") }
      topic.onAnnounce = { _, hints in
        let list = hints.map { "{\"key\":\"\(Hex.encode($0.key.bytes))\",\"length\":\($0.length)}" }
        events.append("\(name) announce [\(list.joined(separator: ","))]")
      }
      topic.onPeer = { peer, change in
        switch change {
        case .opened: events.append("\(name) peeradd active=\(peer.isActive)")
        case .active: events.append("\(name) peeractive")
        case .inactive: events.append("\(name) peerinactive")
        case .closed: events.append("\(name) peerremove")
        }
      }
      store.onUnknownTopic = { _, identifier in
        events.append("\(name) onwakeup \(Hex.encode(identifier.bytes))")
        return identifier == topic.identifier ? topic : nil
      }
      (stores[name], topics[name], carriers[name]) = (store, topic, carrier)
    }
    var outbox: [String: [[UInt8]]] = ["A": [], "B": []]
    var count = 0
    for frame in frames where frame["hex"] != nil {
      let from = try frame.text("from")
      let carrier = try #require(carriers[from])
      let topic = try #require(topics[from])
      outbox[from]?.append(contentsOf: carrier.mux.takeFrames())
      if outbox[from]?.isEmpty == true {
        for part in try frame.list("decoded") { try act(part, topic, try #require(stores[from])) }
        outbox[from] = carrier.mux.takeFrames()
      }
      #expect(outbox[from]?.isEmpty == false)
      let made = outbox[from]?.removeFirst()
      #expect(made == (try frame.hex("hex")), "frame \(count)")
      try #require(carriers[from == "A" ? "B" : "A"]).receive(try frame.hex("hex"))
      count += 1
    }
    #expect(count > 0)
    #expect(outbox.values.allSatisfy { $0.isEmpty })
    // What each recorded side listened to must have been heard by this one in the same order; it may hear more.
    for side in ["A", "B"] {
      var heard = events.filter { $0.hasPrefix(side) }[...]
      for event in try file.list("events").compactMap(\.string) where event.hasPrefix(side) {
        let index = try #require(heard.firstIndex(of: event), "\(event) was not heard in order; heard \(events)")
        heard = heard[(index + 1)...]
      }
    }
  }

  /// Does what made a recorded frame.
  func act(_ part: JSON, _ topic: WakeupTopic, _ store: StoreReplicator) throws {
    switch try part.text("kind") {
    case "open": store.add(topic)
    case "close": store.remove(topic)
    case "message":
      let decoded = try part.at("decoded")
      switch try part.text("name") {
      case "lookup": topic.lookup(hash: decoded["hash"]?.string == nil ? nil : try decoded.fixed32("hash"))
      case "announce": topic.announce(try hints(decoded))
      case "info": topic.isActive = try decoded.flag("active")
      case let name: throw VectorError("no test for a message \(name)")
      }
    case let kind: throw VectorError("no test for a frame of kind \(kind)")
    }
  }

  @Test func aWrongSecretIsHungUpOn() throws {
    let wire = TestWire()
    let stores = [StoreReplicator(store: NoLogs()), StoreReplicator(store: NoLogs())]
    let secret = Fixed32()
    let other = discoveryKey(of: secret)
    let topics = [
      WakeupTopic(secret: secret, identifier: other), WakeupTopic(secret: other, identifier: other),
    ]
    for (index, carrier) in [wire.initiator, wire.responder].enumerated() {
      topics[index].onPeer = { _, _ in Issue.record("talked to somebody who does not know the secret") }
      stores[index].add(topics[index])
      carrier.stream = stores[index].attach(
        carrier, role: index == 0 ? .initiator : .responder, handshakeHash: wire.handshakeHash, now: 0)
    }
    topics[0].lookup()
    try wire.run {}
    #expect(topics.allSatisfy { $0.peers.isEmpty })
    #expect(wire.initiator.stream?.isClosed == false)
  }

  @Test func mangledMessagesAreRefusedOrRead() throws {
    let messages: [WakeupMessage] = [
      .lookup(hash: nil), .lookup(hash: Fixed32()),
      .announce([WakeupHint(key: Fixed32(), length: 1 << 40), WakeupHint(key: Fixed32(), length: 0)]),
      .info(isActive: true),
    ]
    for message in messages {
      let bytes = message.encoded()
      for count in 0..<bytes.count {
        #expect(throws: DecodingError.self) { try WakeupMessage(type: message.type, decoding: bytes[..<count]) }
      }
      for index in bytes.indices {
        for bit in 0..<8 {
          var mangled = bytes
          mangled[index] ^= 1 << bit
          _ = try? WakeupMessage(type: message.type, decoding: mangled[...])
        }
      }
    }
  }
}
