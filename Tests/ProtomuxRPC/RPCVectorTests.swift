import CompactEncoding
import HypercoreCrypto
import JSON
import ProtomuxRPC
import TestSupport
import Testing

@Suite struct RPCVectorTests {
  /// `02-protomux-rpc`: every case replayed.
  @Test func conversations() throws {
    let cases = try Vectors.load("02-protomux-rpc").list("cases")
    #expect(cases.count > 0)
    for item in cases {
      var replay = try RPCReplay(item)
      do { try replay.run() } catch { Issue.record("\(replay.name): \(error)") }
    }
  }

  /// The capability handshakes among the vectors of `02-hypercore-messages`.
  @Test func capabilityHandshakes() throws {
    let section = try Vectors.load("02-hypercore-messages").at("rpcCapability")
    let secret = try section.fixed32("key")
    let hash = try section.hex("handshakeHash")
    let made = [StreamRole.initiator, .responder].map { role in
      CapabilityHandshake(capability: SharedCapability.make(role, secret: secret, handshakeHash: hash)).encoded()
    }
    let recorded = try section.list("handshakeEncodings").map { try $0.hex() }
    #expect(recorded.count > 0)
    for bytes in recorded {
      #expect(made.contains(bytes))
      #expect(try CapabilityHandshake(decoding: bytes).encoded() == bytes)
    }
    #expect(try CapabilityHandshake(decoding: [0]).capability == nil)
    #expect(CapabilityHandshake(capability: nil).encoded() == [0])
  }
}
