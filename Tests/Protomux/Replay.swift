import CompactEncoding
import JSON
import Protomux
import TestSupport
import Testing

/// Two muxers that do what a recorded case did: every frame is produced by calls and must equal the recorded bytes, then
/// reaches the other side.
struct Replay {
  struct Side {
    var mux = Protomux()
    var channels: [UInt64: MuxChannel] = [:]
    /// Handle to pairing key, also of closed channels.
    var keys: [MuxChannel: PairKey] = [:]
    /// What the other side opened and this one did not answer.
    var offers: [PairKey] = []
    /// Recorded frames of this side that were not produced yet.
    var script: [(index: Int, decoded: [JSON])] = []
    /// Frames produced and not yet compared.
    var produced: [Int: [UInt8]] = [:]
    var log: [LogEntry] = []
    /// Channels opened so far, with those an excerpt leaves out.
    var openedCount: UInt64 = 0
  }

  /// An event in every wording that a recorded log may use for it.
  struct LogEntry {
    let kind: String
    let wordings: [String]
  }

  let name: String
  let frames: [(from: String, hex: [UInt8], decoded: [JSON])]
  let events: [String]
  var sides: [String: Side] = [:]
  var names: [UInt64: String] = [:]

  init(_ item: JSON) throws {
    name = try item.text("name")
    events = try item["events"] == nil ? [] : item.list("events").map { $0.string ?? "" }
    frames = try item.list("frames").filter { $0["hex"] != nil }.map {
      (try $0.text("from"), try $0.hex("hex"), try $0.list("decoded"))
    }
    for (index, frame) in frames.enumerated() {
      sides[frame.from, default: Side()].script.append((index, frame.decoded))
    }
    for frame in frames {
      for part in frame.decoded {
        if let type = part["type"]?.unsigned, let name = part["name"]?.string { names[type] = name }
      }
    }
  }

  mutating func run() throws {
    for (index, frame) in frames.enumerated() {
      let (parts, isBatch) = try DecodedFrame.recorded(frame.decoded)
      let own = try DecodedFrame.read(frame.hex)
      #expect(own.parts == parts && own.isBatch == isBatch, "\(name), frame \(index)")
      if sides[frame.from]?.produced[index] == nil { try produce(frame.from) }
      #expect(sides[frame.from]?.produced[index] == frame.hex, "\(name), frame \(index) of \(frame.from)")
      for other in sides.keys where other != frame.from { try deliver(frame.hex, to: other, parts) }
    }
    for (side, state) in sides { #expect(state.script.isEmpty, "\(name): \(side) has frames left") }
    compareEvents()
  }

  /// Lets a side do what its next recorded frame says.
  mutating func produce(_ from: String) throws {
    guard var side = sides[from], let next = side.script.first else { throw VectorError("\(name): nothing to do") }
    side.script.removeFirst()
    let (parts, isBatch) = try DecodedFrame.recorded(next.decoded)
    try fillGaps(from, &side, parts)
    let skipped = side.mux.takeFrames()
    if isBatch { side.mux.cork() }
    for part in parts {
      switch part {
      case .open(let localID, let protocolName, let identifier, let handshake):
        let key = PairKey(protocolName, identifier)
        let channel = try side.mux.open(key, handshake: handshake)
        side.channels[localID] = channel
        side.keys[channel] = key
        side.openedCount = max(side.openedCount, localID)
      case .message(let localID, let type, let body):
        let channel = try #require(side.channels[localID], "\(name): no channel \(localID)")
        try side.mux.send(body, type: type, on: channel)
      case .close(let localID):
        side.mux.close(try #require(side.channels[localID]))
      case .reject:
        guard let key = side.offers.first else { throw VectorError("\(name): nothing to reject") }
        side.offers.removeFirst()
        side.mux.reject(key)
      }
    }
    if isBatch { side.mux.uncork() }
    let made = side.mux.takeFrames()
    #expect(made.count == 1)
    side.produced[next.index] = made.first
    collect(&side)
    sides[from] = side
    for other in sides.keys where other != from { for frame in skipped { try receive(frame, other) } }
  }

  /// Opens channels that an excerpt skips, with the ids that the other side's frames show for them.
  func fillGaps(_ from: String, _ side: inout Side, _ parts: [DecodedFrame]) throws {
    var planned: UInt64 = 0
    for part in parts {
      var (needed, protocolName) = (UInt64(0), "other")
      switch part {
      case .open(let localID, let name, _, _):
        (needed, protocolName) = (localID == planned + 1 ? 0 : localID - 1, name)
        planned = localID
      case .message(let localID, _, _): needed = localID > planned ? localID : 0
      default: continue
      }
      while side.openedCount < needed {
        side.openedCount += 1
        var key = PairKey(protocolName, Array("gap \(side.openedCount)".utf8))
        for frame in frames where frame.from != from {
          for case .open(side.openedCount, let name, let identifier, _) in try DecodedFrame.recorded(frame.decoded)
            .parts
          {
            key = PairKey(name, identifier)
          }
        }
        let channel = try side.mux.open(key)
        side.channels[side.openedCount] = channel
        side.keys[channel] = key
      }
    }
  }

  /// Gives a frame to a side. If that side opened the same channel by itself and not because it was asked, it does so
  /// before.
  mutating func deliver(_ frame: [UInt8], to name: String, _ parts: [DecodedFrame]) throws {
    guard let next = sides[name]?.script.first else { return try receive(frame, name) }
    for case .open(_, let protocolName, let identifier, _) in try DecodedFrame.recorded(next.decoded).parts {
      let isAnswer = parts.contains { part in
        if case .open(_, protocolName, identifier, _) = part { true } else { false }
      }
      if isAnswer, !events.contains("\(name) notified \(Hex.encode(identifier))") {
        try produce(name)
        break
      }
    }
    try receive(frame, name)
  }

  mutating func receive(_ frame: [UInt8], _ name: String) throws {
    guard var side = sides[name] else { return }
    try side.mux.receive(frame)
    collect(&side)
    sides[name] = side
  }

  /// Turns what happened into entries of the log.
  func collect(_ side: inout Side) {
    while let event = side.mux.nextEvent() {
      switch event {
      case .offered(let key):
        side.offers.append(key)
        side.log.append(LogEntry(kind: "notified", wordings: ["notified \(Hex.encode(key.identifier))"]))
      case .opened(let channel, let handshake):
        let identifier = Hex.encode(side.keys[channel]?.identifier ?? [])
        var wordings = ["open \(identifier)"]
        if let text = try? Text(decoding: Array(handshake)) { wordings.append("open \(text.value)") }
        side.log.append(LogEntry(kind: "open", wordings: wordings))
      case .message(let channel, let type, let payload):
        let identifier = Hex.encode(side.keys[channel]?.identifier ?? [])
        let name = names[type] ?? "?"
        var wordings = ["\(identifier) \(name) \(Hex.encode(payload))", "\(name) \(Hex.encode(payload))"]
        if let text = try? Text(decoding: Array(payload)) { wordings.append("\(name) \(text.value)") }
        var reader = Reader(payload.span.bytes)
        if let number = try? reader.uint() { wordings.append("\(name) \(number)") }
        side.log.append(LogEntry(kind: "message", wordings: wordings))
      case .closed(_, let isRemote):
        side.log.append(
          LogEntry(kind: "close", wordings: ["close remote=\(isRemote)", "closed remote=\(isRemote)"]))
      }
    }
  }

  /// The recorded log, side by side: every entry happened, in order. A log may leave out kinds altogether.
  func compareEvents() {
    for (name, side) in sides {
      let expected = events.filter { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
      let kinds = Set(side.log.filter { entry in expected.contains { entry.wordings.contains($0) } }.map(\.kind))
      let happened = side.log.filter { kinds.contains($0.kind) }
      #expect(happened.count == expected.count, "\(self.name): \(name) \(happened) for \(expected)")
      for (entry, text) in zip(happened, expected) {
        #expect(entry.wordings.contains(text), "\(self.name): \(name) \(entry.wordings)")
      }
    }
  }
}

/// A string with its length.
struct Text: CompactDecodable {
  let value: String
  init(from reader: inout Reader) throws(DecodingError) { value = try reader.string() }
}
