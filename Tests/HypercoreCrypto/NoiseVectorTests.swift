import CompactEncoding
import HypercoreCrypto
import JSON
import TestSupport
import Testing

/// `02-noise`: handshakes message by message.
@Suite struct NoiseVectorTests {
  @Test func handshakes() throws {
    let file = try Vectors.load("02-noise")
    let cases = try file.list("cases")
    #expect(cases.count > 0)
    for item in cases { try check(item) }
  }

  func check(_ item: JSON) throws {
    let pattern: NoiseHandshake.Pattern
    switch try item.text("pattern") {
    case "XX": pattern = .xx
    case "IK": pattern = .ik
    case let other: throw VectorError("no test for the pattern \(other)")
    }
    #expect(pattern.protocolName == (try item.text("protocolName")))
    func keys(_ name: String) throws -> NoiseKeyPair {
      let pair = KeyPair(seed: try item.at(name).fixed32("seed"))
      #expect(pair.publicKey == (try item.at(name).fixed32("publicKey")))
      return NoiseKeyPair(pair)
    }
    let (iStatic, iEphemeral) = (try keys("initiatorStatic"), try keys("initiatorEphemeral"))
    let (rStatic, rEphemeral) = (try keys("responderStatic"), try keys("responderEphemeral"))

    for (name, expected) in try item.members("dh") {
      let first = name.first == "e" ? iEphemeral : iStatic
      let second = name.last == "e" ? rEphemeral : rStatic
      #expect(try first.sharedPoint(with: second.publicKey)?.bytes == expected.hex())
      #expect(try second.sharedPoint(with: first.publicKey)?.bytes == expected.hex())
    }

    let prologue = try item.hex("prologue")
    var initiator = NoiseHandshake(
      pattern, role: .initiator, static: iStatic, ephemeral: iEphemeral, remotePublicKey: rStatic.publicKey,
      prologue: prologue)
    var responder = NoiseHandshake(
      pattern, role: .responder, static: rStatic, ephemeral: rEphemeral, prologue: prologue)
    let initial = try item.at("initial")
    for side in [initiator, responder] {
      #expect(side.hash == (try initial.hex("h")))
      #expect(side.chainingKey == (try initial.hex("ck")))
    }

    for message in try item.list("messages") {
      let payload = try message.hex("payload")
      let fromInitiator = try message.text("from") == "initiator"
      #expect(initiator.writesNext == fromInitiator)
      #expect(responder.writesNext == !fromInitiator)
      let count = initiator.nextMessageCount(payloadCount: payload.count)
      let bytes = try fromInitiator ? initiator.write(payload: payload) : responder.write(payload: payload)
      #expect(bytes == (try message.hex("bytes")))
      #expect(bytes.count == count)
      let read = try fromInitiator ? responder.read(bytes) : initiator.read(bytes)
      #expect(read == payload)
      let after = try message.at("after")
      for side in [initiator, responder] {
        #expect(side.hash == (try after.hex("h")))
        #expect(side.chainingKey == (try after.at("ck").isNull ? nil : after.hex("ck")))
      }
    }

    let final = try item.at("final")
    let mine = try #require(initiator.outcome)
    let theirs = try #require(responder.outcome)
    #expect(mine.handshakeHash == (try final.hex("handshakeHash")))
    #expect(theirs.handshakeHash == mine.handshakeHash)
    #expect(mine.sendKey == (try final.fixed32("initiatorTx")) && theirs.receiveKey == mine.sendKey)
    #expect(mine.receiveKey == (try final.fixed32("initiatorRx")) && theirs.sendKey == mine.receiveKey)
    #expect(mine.remotePublicKey == rStatic.publicKey && theirs.remotePublicKey == iStatic.publicKey)
    #expect(throws: NoiseError.outOfTurn) { try initiator.write() }
    #expect(throws: NoiseError.outOfTurn) { try initiator.read([]) }

    let derived = try item.at("secretStream")
    for (role, name) in [(StreamRole.initiator, "initiatorStreamId"), (.responder, "responderStreamId")] {
      let identifier = SecureStream.streamIdentifier(of: role, handshakeHash: mine.handshakeHash)
      #expect(identifier == (try derived.fixed32(name)))
    }
    for (role, name) in [
      (StreamRole.initiator, "unorderedKeyInitiatorToResponder"), (.responder, "unorderedKeyResponderToInitiator"),
    ] {
      #expect(DatagramBox.key(of: role, handshakeHash: mine.handshakeHash) == (try derived.fixed32(name)))
    }
  }

  @Test func constants() throws {
    let spaces = try Vectors.load("02-noise").members("namespaces")
    #expect(spaces.count > 0)
    for (name, members) in spaces {
      for (index, member) in try #require(members.object).enumerated() {
        #expect(try namespace(name, UInt8(index)).bytes == member.value.hex(), "\(member.key)")
      }
    }
  }
}
