import CompactEncoding
import Hypercore
import HypercoreCrypto
import HypercoreTestSupport
import JSON
import TestSupport
import Testing

@testable import Replication

@Suite struct MessageTests {
  /// Every message of the file, both ways.
  @Test func messages() throws {
    var count = 0
    for row in try Vectors.load("02-hypercore-messages").list("messages") {
      let (name, bytes, value) = (try row.text("message"), try row.hex("hex"), try row.at("value"))
      switch name.prefix(while: { !$0.isWhitespace }) {
      case "handshake":
        try check(
          HandshakeMessage(seeks: value.flag("seeks"), capability: value.fixed32("capability")), bytes)
      case "0": try check(try value.sync(), bytes)
      case "1": try check(try value.requestMessage(), bytes)
      case "2": try check(CancelMessage(request: value.number("request")), bytes)
      case "3": try check(DataMessage(request: value.number("request"), proof: value.proof()), bytes)
      case "4":
        try check(
          NoDataMessage(request: value.number("request"), reason: .init(rawValue: value.number("reason"))), bytes)
      case "5", "6":
        try check(
          WantMessage(start: value.number("start"), length: value.number("length"), any: value.flag("any")), bytes)
      case "7":
        let words = try value.at("bitfield").numbers("uint32").map { UInt32($0) }
        try check(BitfieldMessage(start: value.number("start"), words: words), bytes)
      case "8":
        try check(
          RangeMessage(drop: value.flag("drop"), start: value.number("start"), length: value.number("length")), bytes)
      case "9": try check(ExtensionMessage(name: value.text("name"), payload: value.hex("message")), bytes)
      case "manifest": try check(value.manifest(), bytes)
      default: Issue.record("unknown message \(name)")
      }
      count += 1
    }
    #expect(count > 0)
  }

  private func check<T: CompactEncodable & CompactDecodable & Equatable>(_ message: T, _ bytes: [UInt8]) throws {
    #expect(message.encoded() == bytes)
    #expect(try T(decoding: bytes) == message)
    if !(message is ExtensionMessage) && !(message is WantMessage && bytes.count < 12) {
      #expect(try T(decoding: bytes + [0]) == message, "bytes behind the known ones are ignored")
    }
  }
}
