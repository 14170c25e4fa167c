import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import HypercoreTestSupport
import JSON
import Protomux
import TestSupport

@testable import Replication

/// Plays one side of a transcript with real replicators against the recorded frames of the other side.
///
/// What the own application did is read from the own recorded messages. Requests that a replicator makes in its own
/// order are answered with the recorded answer of the same meaning; what no answer was recorded for (a hash or a seek
/// at another place than the recorded run chose) is answered from a copy of the other side's log.
final class TranscriptPlayer {
  struct Core {
    let logs: TranscriptLogs
    let own: Hypercore
    let other: Hypercore
    let replicator: CoreReplicator
    var peer: CorePeer?
    var extensions: [(name: String, payload: [UInt8])] = []
    var found: [[UInt64]] = []
  }

  let transcript: Transcript
  let side: String
  let otherSide: String
  let carrier = LineCarrier()
  var cores: [[UInt8]: Core] = [:]
  /// What the replicators sent.
  var sent: [Transcript.Message] = []
  private var ownChannels: [Int: [UInt8]] = [:]
  private var otherChannels: [[UInt8]: Int] = [:]
  private var offered: [PairKey] = []
  private var rejectedByTest: Set<[UInt8]> = []
  private var answers: [(id: [UInt8], message: DataMessage)] = []
  private var now: UInt64 = 0
  var copiedAnswers = 0

  init(_ transcript: Transcript, side: String) throws {
    self.transcript = transcript
    self.side = side
    otherSide = side == "A" ? "B" : "A"
    for logs in try Self.logs(of: transcript) {
      let store = try Corestore.inMemory()
      let own = try logs.initial(side, in: store)
      let replicator = CoreReplicator(own, settings: try settings(logs.id))
      cores[logs.id] = Core(
        logs: logs, own: own, other: try logs.initial(otherSide, in: .inMemory()), replicator: replicator)
      replicator.downloadPolicy = try policy(logs.id)
      let syncs: [SyncMessage] = try transcript.sent(.sync, by: side, id: logs.id)
      if let first = syncs.first { replicator.isDownloading = first.downloading }
      for message in try transcript.sent(.extension, by: otherSide, id: logs.id) as [ExtensionMessage]
      where !message.name.isEmpty {
        replicator.registerExtension(message.name) { [unowned self] _, payload in
          cores[logs.id]?.extensions.append((message.name, payload))
        }
      }
    }
    for case .frame(let frame) in transcript.entries where frame.from == otherSide {
      for message in frame.messages where message.kind == .message(.data) {
        answers.append((message.id, try DataMessage(decoding: message.body)))
      }
    }
  }

  /// One log named by `key`, or several of two stores whose primary keys are 01… and 02….
  private static func logs(of transcript: Transcript) throws -> [TranscriptLogs] {
    guard let keys = transcript.json["keys"]?.object else {
      return [try TranscriptLogs(transcript, key: transcript.json.fixed32("key"))]
    }
    let store = try Corestore.inMemory(primaryKey: Fixed32([UInt8](repeating: 1, count: 32)))
    return try keys.map { name, key in
      guard let key = Fixed32(try key.hex()) else { throw VectorError("no key") }
      return try TranscriptLogs(transcript, key: key, keyPair: store.keyPair(named: name))
    }
  }

  private func settings(_ id: [UInt8]) throws -> ReplicationSettings {
    var settings = ReplicationSettings()
    let syncs: [SyncMessage] = try transcript.sent(.sync, by: side, id: id)
    settings.allowsPush = syncs.contains(where: \.allowPush)
    let wants: [WantMessage] = try transcript.sent(.want, by: side, id: id)
    settings.usesSmallWants = wants.contains { $0.length < LocalWants.segment }
    return settings
  }

  private func requests(
    _ id: [UInt8], in segments: [(mark: String, frames: [Transcript.Frame])]
  ) throws
    -> [RequestMessage]
  {
    try Transcript.sent(
      .request, by: side, id: id, in: segments.filter { !Transcript.isHandMade($0.mark) }.flatMap(\.frames))
  }

  private func policy(_ id: [UInt8]) throws -> DownloadPolicy {
    let wanted = try requests(id, in: transcript.segments).contains {
      $0.request.block != nil && $0.priority == 0 && $0.id != 0
    }
    return wanted ? .everything : .head
  }

  // MARK: Playing

  func play() throws {
    for (number, segment) in transcript.segments.enumerated() {
      if number > 0 { try change(segment.frames) }
      if !Transcript.isHandMade(segment.mark) || side == "A" { try ask(segment) }
      try pump()
      for frame in segment.frames {
        if frame.from == side { try act(frame) } else { try deliver(frame) }
        try pump()
      }
      // What is refused is refused after a while.
      now += 10_000
      for core in cores.values { core.replicator.expire(at: now) }
      try pump()
    }
  }

  /// What both applications did to their logs before the messages of a segment.
  private func change(_ frames: [Transcript.Frame]) throws {
    for (id, core) in cores {
      let ranges: [RangeMessage] = try Transcript.sent(.range, by: side, id: id, in: frames)
      let wants: [WantMessage] = try Transcript.sent(.want, by: side, id: id, in: frames)
      if !wants.isEmpty, side == "A" {
        for range in ranges where !range.drop { core.replicator.get(range.start) { _ in } }
        try pump()
      }
      try core.logs.change(core.other, of: otherSide, in: frames)
      try core.logs.change(core.own, of: side, in: frames)
      core.replicator.logChanged()
      try pump()
      let syncs: [SyncMessage] = try Transcript.sent(.sync, by: side, id: id, in: frames)
      if let last = syncs.last { core.replicator.isDownloading = last.downloading }
      var name = ""
      for message in try Transcript.sent(.extension, by: side, id: id, in: frames) as [ExtensionMessage] {
        if !message.name.isEmpty { name = message.name }
        core.replicator.sendExtension(name, message.payload)
      }
    }
  }

  /// What the own application asked for.
  private func ask(_ segment: (mark: String, frames: [Transcript.Frame])) throws {
    for id in cores.keys {
      for request in try requests(id, in: [segment]) {
        if let block = request.request.block, request.priority > 0 {
          cores[id]?.replicator.get(block.index) { _ in }
        }
        if let seek = request.request.seek {
          cores[id]?.replicator.seek(bytes: seek.bytes) { [unowned self] result in
            if case .success(let place) = result { cores[id]?.found.append([place.index, place.offset]) }
          }
        }
      }
    }
  }

  /// Does what the own side did by itself, as far as it is not the replicators' doing.
  private func act(_ frame: Transcript.Frame) throws {
    for message in frame.messages {
      switch message.kind {
      case .open(let id, let handshake):
        if let core = cores[id] {
          cores[id]?.peer = try core.replicator.open(
            on: carrier, role: side == "A" ? .initiator : .responder, handshakeHash: transcript.handshakeHash)
          offered.removeAll { $0.identifier == id }
        } else {
          _ = try carrier.mux.open(PairKey(Replication.protocolName, id), handshake: handshake)
        }
      case .reject:
        for key in offered { carrier.mux.reject(key) }
        offered = []
      case .message(.data):
        // A push is the application's doing.
        let data = try DataMessage(decoding: message.body)
        if data.request == 0, let block = data.proof.block { try cores[message.id]?.replicator.push(block.index) }
      default: break
      }
    }
  }

  /// Delivers what the other side said, but for answers: those come when they are asked for.
  private func deliver(_ frame: Transcript.Frame) throws {
    for message in frame.messages {
      if case .open(let id, _) = message.kind { otherChannels[id] = message.channel }
    }
    let segment = transcript.segments.last { $0.frames.contains { $0.bytes == frame.bytes } }
    let isHandMade = segment.map { Transcript.isHandMade($0.mark) } ?? false
    let isAnswer = try frame.messages.contains {
      try $0.kind == .message(.data) && DataMessage(decoding: $0.body).request != 0
    }
    guard isAnswer, !isHandMade else { return try receive(frame.bytes) }
    for message in frame.messages {
      guard case .message(let type) = message.kind else { continue }
      if type != .data { try receive(message.channel, type, message.body) }
    }
  }

  private func receive(_ channel: Int, _ type: MessageType, _ body: [UInt8]) throws {
    var size = Size()
    size.uint(UInt64(channel))
    size.uint(type.rawValue)
    let head = Writer.bytes(count: size.count) {
      $0.uint(UInt64(channel))
      $0.uint(type.rawValue)
    }
    try receive(head + body)
  }

  private func receive(_ frame: [UInt8]) throws {
    try carrier.mux.receive(frame)
    try handleEvents()
    for core in cores.values { core.replicator.flush() }
  }

  private func handleEvents() throws {
    while let event = carrier.mux.nextEvent() {
      switch event {
      case .offered(let key): offered.append(key)
      case .opened(let channel, let handshake): try peer(channel)?.opened(handshake: handshake, now: now)
      case .message(let channel, let type, let payload):
        try peer(channel)?.receive(type: type, payload: payload, now: now)
      case .closed(let channel, _): peer(channel)?.closed()
      }
    }
  }

  private func peer(_ channel: MuxChannel) -> CorePeer? {
    cores.values.compactMap(\.peer).first { $0.channel == channel }
  }

  /// Takes what the replicators sent and answers their requests, until they are silent.
  private func pump() throws {
    try handleEvents()
    var rounds = 0
    while true {
      let frames = carrier.mux.takeFrames()
      guard !frames.isEmpty else { return }
      rounds += 1
      guard rounds < 10_000 else { throw VectorError("the replicator does not come to rest") }
      for frame in frames {
        for var message in try WireDecoder.messages(of: frame) {
          if case .open(let id, _) = message.kind { ownChannels[message.channel] = id }
          if message.kind != .reject { message.id = ownChannels[message.channel] ?? [] }
          sent.append(message)
          if message.kind == .message(.request) { try answer(message) }
        }
      }
      try handleEvents()
    }
  }

  private func answer(_ message: Transcript.Message) throws {
    let request = try RequestMessage(decoding: message.body)
    guard let core = cores[message.id], let channel = otherChannels[message.id] else { return }
    let recorded = answers.first { $0.id == message.id && request.fits($0.message) }?.message
    var data = recorded ?? DataMessage(request: request.id, proof: Proof(fork: request.fork))
    if recorded == nil {
      copiedAnswers += 1
      data.proof = try core.other.proof(for: request.request)
      data.proof.fork = request.fork
    }
    data.request = request.id
    try receive(channel, .data, data.encoded())
  }
}

extension RequestMessage {
  /// Whether an answer has what is asked for here, wherever its proof ends.
  func fits(_ data: DataMessage) -> Bool {
    let proof = data.proof
    guard proof.fork == fork, (id == 0) == (data.request == 0) else { return false }
    if let upgrade = request.upgrade {
      guard let found = proof.upgrade, found.length + found.start >= 1 else { return false }
      let isPrologue = found.start == 0 && found.length + UInt64(found.additionalNodes.count) > found.length
      guard found.start == upgrade.start, found.length == upgrade.length || isPrologue else { return false }
      return proof.block == nil || proof.block?.index == request.block?.index
    }
    guard proof.upgrade == nil else { return false }
    // More siblings than asked for do no harm, fewer lead nowhere.
    if let block = request.block {
      return proof.block?.index == block.index && proof.block?.nodes.count ?? 0 >= Int(block.nodes)
    }
    if let hash = request.hash {
      return proof.hash?.index == hash.index && proof.block == nil && proof.hash?.nodes.count == Int(hash.nodes) + 1
    }
    return request.manifest && proof.manifest != nil && proof.block == nil && proof.hash == nil
  }
}
