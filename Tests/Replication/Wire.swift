import CompactEncoding
import HypercoreCrypto
import Protomux

@testable import Replication

/// One end of a connection in memory, with the replication of a store on it.
final class TestCarrier: MuxCarrier {
  var mux = Protomux()
  var isWritable = true
  var stream: ReplicationStream?
  /// Channels that were offered and that nobody wanted.
  var rejected: [PairKey] = []

  func setNeedsFlush() {}

  /// Takes a frame in.
  func receive(_ frame: [UInt8], now: UInt64 = 0) throws {
    try mux.receive(frame)
    while let event = mux.nextEvent() {
      if case .offered(let key) = event {
        if try stream?.answer(key, now: now) != true {
          rejected.append(key)
          mux.reject(key)
        }
      } else {
        try stream?.handle(event, now: now)
      }
    }
  }
}

/// A connection in memory between two stores.
struct TestWire {
  let initiator = TestCarrier()
  let responder = TestCarrier()
  let handshakeHash: [UInt8]

  init(handshakeHash: [UInt8] = [UInt8](repeating: 9, count: 64)) { self.handshakeHash = handshakeHash }

  /// Connects two stores.
  init(_ first: StoreReplicator, _ second: StoreReplicator, now: UInt64 = 0) {
    self.init()
    initiator.stream = first.attach(initiator, role: .initiator, handshakeHash: handshakeHash, now: now)
    responder.stream = second.attach(responder, role: .responder, handshakeHash: handshakeHash, now: now)
  }

  /// Carries everything to and fro until both sides are silent; each read is followed by `flush`.
  ///
  /// - Returns: frames carried.
  @discardableResult
  func run(now: UInt64 = 0, flush: () -> Void) throws -> Int {
    var count = 0
    while true {
      let sent = initiator.mux.takeFrames()
      for frame in sent { try responder.receive(frame, now: now) }
      flush()
      let answers = responder.mux.takeFrames()
      for frame in answers { try initiator.receive(frame, now: now) }
      flush()
      if sent.isEmpty && answers.isEmpty { return count }
      count += sent.count + answers.count
      if count > 20_000 { throw Endless() }
    }
  }

  /// Ends the connection on both sides.
  func cut() throws {
    for carrier in [initiator, responder] {
      carrier.mux.endOfStream()
      while let event = carrier.mux.nextEvent() { try carrier.stream?.handle(event, now: 0) }
      carrier.stream?.closed()
    }
  }

  struct Endless: Error {}
}
