import CompactEncoding
import Hypercore
import HypercoreTestSupport
import JSON
import TestSupport
import Testing

@Suite struct MessageTests {
  /// The messages that carry proofs; the others of the file belong to replication.
  @Test func requestsAndAnswers() throws {
    var count = 0
    for row in try Vectors.load("02-hypercore-messages").list("messages") {
      let (name, bytes, value) = (try row.text("message"), try row.hex("hex"), try row.at("value"))
      if name.hasSuffix(" request") {
        var parts = JSONObject()
        for (key, part) in try row.members("value") where !["id", "fork", "priority"].contains(key) {
          parts[key] = part
        }
        let message = RequestMessage(
          id: try value.number("id"), fork: try value.number("fork"), request: try JSON.object(parts).request(),
          priority: try value.number("priority"))
        #expect(message.encoded() == bytes)
        #expect(try RequestMessage(decoding: bytes) == message)
        count += 1
      } else if name.hasSuffix(" data") {
        let message = DataMessage(request: try value.number("request"), proof: try value.proof())
        #expect(message.encoded() == bytes)
        #expect(try DataMessage(decoding: bytes) == message)
        count += 1
      } else if name.hasPrefix("manifest") {
        let manifest = try value.manifest()
        #expect(manifest.encoded() == bytes)
        #expect(try Manifest(decoding: bytes) == manifest)
        count += 1
      }
    }
    #expect(count > 0)
  }

  /// Arbitrary bytes never trap, and what decodes encodes again.
  @Test(arguments: 0..<50 as Range<UInt64>) func arbitraryBytes(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      var bytes = random.bytes(Int.random(in: 0...120, using: &random))
      for position in bytes.indices where bytes[position] > 40 && Bool.random(using: &random) { bytes[position] &= 7 }
      if let message = try? RequestMessage(decoding: bytes) {
        #expect(try RequestMessage(decoding: message.encoded()) == message)
      }
      if let message = try? DataMessage(decoding: bytes) {
        #expect(try DataMessage(decoding: message.encoded()) == message)
      }
      if let signature = try? MultiSignature(decoding: bytes) {
        #expect(try MultiSignature(decoding: signature.encoded()) == signature)
      }
      if let signature = try? MultiSignatureV0(decoding: bytes) { _ = signature.encoded() }
      if let manifest = try? Manifest(decoding: bytes), manifest.version > 0 {
        #expect(try Manifest(decoding: manifest.encoded()) == manifest)
      }
    }
  }
}
