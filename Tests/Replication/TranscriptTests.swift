import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Replication

/// Every recorded conversation, played from either side.
@Suite struct TranscriptTests {
  @Test(arguments: ["A", "B"]) func everyTranscript(side: String) throws {
    var count = 0
    for json in try Vectors.load("02-hypercore-transcripts").list("cases") {
      let transcript = try Transcript(json)
      let player = try TranscriptPlayer(transcript, side: side)
      do { try player.play() } catch { Issue.record("\(transcript.name) as \(side): \(error)") }
      try compare(player)
      try checkEnd(player)
      count += 1
    }
    #expect(count > 0)
  }

  // MARK: Messages

  private func compare(_ player: TranscriptPlayer) throws {
    let (transcript, side) = (player.transcript, player.side)
    let name = "\(transcript.name) as \(side)"
    let recorded = transcript.segments.flatMap(\.frames).filter { $0.from == side }.flatMap(\.messages)
    // OPEN, REJECT, and what answers the other side: the same bytes.
    #expect(opens(player.sent) == opens(recorded), "\(name): OPEN")
    #expect(player.sent.count { $0.kind == .reject } == recorded.count { $0.kind == .reject }, "\(name): REJECT")
    for type in [MessageType.data, .noData, .bitfield, .extension] {
      #expect(bodies(player.sent, type).sorted() == bodies(recorded, type).sorted(), "\(name): \(type)")
    }
    // What a side has and wants, however often it says so.
    for type in [MessageType.range, .want] {
      #expect(Set(bodies(player.sent, type)) == Set(bodies(recorded, type)), "\(name): \(type)")
    }
    try compareSyncs(player, recorded, name)
    try compareRequests(player, name)
  }

  private func opens(_ messages: [Transcript.Message]) -> [String] {
    messages.compactMap {
      guard case .open(let id, let handshake) = $0.kind else { return nil }
      return "\($0.channel) \(Hex.encode(id)) \(Hex.encode(handshake))"
    }
  }

  private func bodies(_ messages: [Transcript.Message], _ type: MessageType) -> [String] {
    messages.filter { $0.kind == .message(type) }.map { Hex.encode($0.id.prefix(4) + $0.body) }
  }

  /// The first and the last sync are determined; between them the reference tells more steps. Whether it can prove a
  /// step it tells late.
  private func compareSyncs(
    _ player: TranscriptPlayer, _ recorded: [Transcript.Message], _ name: String
  ) throws {
    for id in player.cores.keys {
      func syncs(_ messages: [Transcript.Message]) throws -> [SyncMessage] {
        try messages.filter { $0.kind == .message(.sync) && $0.id == id }.map {
          var sync = try SyncMessage(decoding: $0.body)
          sync.canUpgrade = false
          return sync
        }
      }
      let (found, known) = (try syncs(player.sent), try syncs(recorded))
      #expect(found.first == known.first, "\(name): first sync")
      #expect(found.last == known.last, "\(name): last sync")
      #expect(Set(found).isSubset(of: known), "\(name): syncs \(Set(found).subtracting(known))")
    }
  }

  /// What was asked for, in whatever order and with whatever else.
  private func compareRequests(_ player: TranscriptPlayer, _ name: String) throws {
    func parts(_ messages: [Transcript.Message]) throws -> Set<String> {
      var parts: Set<String> = []
      for message in messages where message.kind == .message(.request) {
        let request = try RequestMessage(decoding: message.body)
        if let block = request.request.block { parts.insert("block \(block.index) of fork \(request.fork)") }
        if let upgrade = request.request.upgrade {
          parts.insert("upgrade \(upgrade.start)+\(upgrade.length) of fork \(request.fork) \(request.id == 0)")
        }
        if let seek = request.request.seek { parts.insert("seek \(seek.bytes) + \(seek.padding)") }
        if request.request.manifest { parts.insert("manifest") }
        if request.request.hash != nil { parts.insert("hash of fork \(request.fork)") }
      }
      return parts
    }
    let known = player.transcript.segments.filter { !Transcript.isHandMade($0.mark) }.flatMap(\.frames)
      .filter { $0.from == player.side }.flatMap(\.messages)
    let (found, expected) = (try parts(player.sent), try parts(known))
    #expect(found == expected, "\(name): requests \(found.symmetricDifference(expected))")
  }

  // MARK: The end

  private func checkEnd(_ player: TranscriptPlayer) throws {
    let json = player.transcript.json
    let name = "\(player.transcript.name) as \(player.side)"
    guard let key = json["key"], let core = player.cores[discoveryKeyBytes(key)] else { return }
    for (field, value) in json.object ?? JSONObject() {
      switch field {
      case "name", "note", "initiator", "handshakeHash", "key", "manifest", "frames", "discoveryKey": break
      case "tree":
        #expect(try core.own.length == value.number("length"), "\(name)")
        #expect(try core.own.fork == value.number("fork"))
        #expect(try core.own.treeHash().bytes == value.hex("rootHash"))
        #expect(try core.own.head().signature == value.hex("signature"))
      case "blocks":
        for (index, block) in (value.array ?? []).enumerated() {
          #expect(try core.own.get(UInt64(index)) == block.hex())
        }
      case "final":
        for (part, value) in value.object ?? JSONObject() {
          switch part {
          case "fork": #expect(try core.own.fork == value.number(), "\(name)")
          case "length": #expect(try core.own.length == value.number(), "\(name)")
          default: try checkBlock(part, value, core.own, name)
          }
        }
      case "bLength": if player.side == "B" { #expect(try core.own.length == value.number(), "\(name)") }
      case "bHasManifest": if player.side == "B" { #expect((core.own.manifest != nil) == value.bool, "\(name)") }
      case "seekResult":
        let place = try (value.array ?? []).map { try $0.number() }
        if player.side == "B" { #expect(core.found == [place], "\(name)") }
      case "bClosed", "a2Closed":
        #expect(core.own.isFrozen == value.bool, "\(name)")
        #expect(core.replicator.peers.isEmpty == value.bool, "\(name)")
      case _ where field.hasPrefix("bHas"):
        let index = try #require(UInt64(field.dropFirst(4)))
        if player.side == "B" { #expect(try core.own.has(index) == value.bool, "\(name)") }
      default: try checkBlock(field, value, core.own, name)
      }
    }
    let received = try player.transcript.sent(.extension, by: player.otherSide) as [ExtensionMessage]
    #expect(core.extensions.map(\.payload) == received.map(\.payload), "\(name)")
  }

  private func checkBlock(_ field: String, _ value: JSON, _ log: Hypercore, _ name: String) throws {
    guard field.hasPrefix("block"), let index = UInt64(field.dropFirst(5)) else {
      Issue.record("\(name): unknown field \(field)")
      return
    }
    #expect(try log.get(index) == value.hex(), "\(name)")
  }

  private func discoveryKeyBytes(_ key: JSON) -> [UInt8] {
    guard let bytes = try? key.hex(), let key = Fixed32(bytes) else { return [] }
    return discoveryKey(of: key).bytes
  }
}
