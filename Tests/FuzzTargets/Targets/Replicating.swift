import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import Protomux
import Replication

/// One end of a connection in memory, with the replication of a store on it.
private final class FuzzCarrier: MuxCarrier {
  var mux = Protomux()
  var isWritable = true
  var stream: ReplicationStream?

  func setNeedsFlush() {}

  func receive(_ frame: [UInt8], now: UInt64) throws(ProtomuxError) {
    try mux.receive(frame)
    while let event = mux.nextEvent() {
      if case .offered(let key) = event {
        if try stream?.answer(key, now: now) != true { mux.reject(key) }
      } else {
        try stream?.handle(event, now: now)
      }
    }
  }
}

/// A store with the replication of its logs, and its end of the connection.
private final class FuzzNode {
  let replicator: StoreReplicator
  let carrier = FuzzCarrier()
  let log: Hypercore
  let topic = WakeupTopic(secret: Fixed32())
  var isBroken = false

  init(_ store: Corestore, _ log: Hypercore, _ role: StreamRole) {
    self.log = log
    replicator = StoreReplicator(store: store)
    replicator.activate(log)
    replicator.add(topic)
    carrier.stream = replicator.attach(
      carrier, role: role, handshakeHash: [UInt8](repeating: 9, count: 64), now: 0)
  }

  func receive(_ frame: [UInt8], now: UInt64) {
    guard !isBroken else { return }
    do throws(ProtomuxError) { try carrier.receive(frame, now: now) } catch {
      isBroken = true
      carrier.stream?.closed()
    }
    replicator.flush()
  }
}

extension FuzzTarget {
  /// A writer and a reader whose frames are changed, dropped, repeated and made up.
  static let replication = FuzzTarget(
    "replication", "a writer and a reader of a log, with changed and made up frames between them",
    maximumByteCount: 2048, memoryFactor: 4096,
    seeds: {
      var seeds: [[UInt8]] = [
        [], Array(repeating: 0, count: 12), [0, 0, 1, 7, 1, 0, 0, 0], [0, 0, 0, 0, 5, 100, 0, 0, 6, 0],
        [2, 0, 2, 0, 3, 0, 0, 0], [0, 0, 8, 0, 0, 9, 3, 0, 0],
      ]
      for sample in try Samples.bytes(in: ["02-hypercore-messages", "02-wakeup"], limit: 300).prefix(150) {
        for type in 0..<10 {
          // Messages of one type go to the reader (4) and to the writer (12) behind an opening of the channels.
          guard let type = MessageType(rawValue: UInt64(type)), accepts(type, sample) else { continue }
          let frame = InputReader.pieces([[1, UInt8(type.rawValue)] + sample])
          seeds.append([0, 0, 4] + frame + [0])
          seeds.append([0, 0, 12] + frame + [0])
        }
      }
      return seeds
    },
    run: { input in
      var reader = InputReader(input)
      let blocks = (0..<9).map { [UInt8](repeating: UInt8($0), count: 3 * $0) }
      let stores = [try Corestore.inMemory(primaryKey: Fixed32()), try Corestore.inMemory(primaryKey: Fixed32())]
      let keyPair = KeyPair(seed: Fixed32())
      let written = try stores[0].get(key: Manifest(publicKey: keyPair.publicKey).key, manifest: nil, keyPair: keyPair)
      try written.append(blocks)
      let copy = try stores[1].get(key: written.key)
      let nodes = [FuzzNode(stores[0], written, .initiator), FuzzNode(stores[1], copy, .responder)]
      var now: UInt64 = 0
      var rounds = 0
      func carry(from side: Int, _ change: (inout [[UInt8]]) -> Void) {
        var frames = nodes[side].carrier.mux.takeFrames()
        change(&frames)
        for frame in frames { nodes[1 - side].receive(frame, now: now) }
        nodes[1 - side].replicator.flush()
      }
      while !reader.isAtEnd, rounds < 64 {
        rounds += 1
        let operation = reader.byte()
        let side = Int(operation >> 3 & 1)
        switch operation & 7 {
        case 1:
          carry(from: side) { frames in
            let position = Int(reader.byte()) << 8 | Int(reader.byte())
            let index = frames.isEmpty ? 0 : position >> 8 % frames.count
            if frames.indices.contains(index), !frames[index].isEmpty {
              frames[index][position % frames[index].count] ^= reader.byte()
            }
          }
        case 2: carry(from: side) { if !$0.isEmpty { $0.remove(at: reader.number(below: $0.count)) } }
        case 3: carry(from: side) { if !$0.isEmpty { $0.append($0[reader.number(below: $0.count)]) } }
        case 4: nodes[1 - side].receive(reader.piece(), now: now)
        case 5:
          now &+= min(reader.number(), 1 << 40)
          for node in nodes {
            node.replicator.expire(at: now)
            node.replicator.flush()
          }
        case 6: if rounds < 8 { try written.append([[operation]]) }
        case 7:
          nodes[side].carrier.isWritable.toggle()
          nodes[side].carrier.stream?.outputTaken()
        default:
          carry(from: 0) { _ in }
          carry(from: 1) { _ in }
        }
        for node in nodes {
          try require(
            node.carrier.mux.queuedByteCount < 1 << 20, "\(node.carrier.mux.queuedByteCount) bytes are queued")
        }
      }
      try require(written.fork == 0 && written.length >= 9, "the writer's log changed")
      try require(copy.length <= written.length, "the reader has a longer log than the writer")
      for index in 0..<copy.length {
        guard let block = try copy.get(index) else { continue }
        try require(try written.get(index) == block, "block \(index) is not the writer's")
      }
      for node in nodes { node.carrier.stream?.closed() }
      return nodes.contains { $0.isBroken } ? .refused : .accepted
    })

  private static func accepts(_ type: MessageType, _ payload: [UInt8]) -> Bool {
    switch type {
    case .sync: (try? SyncMessage(decoding: payload)) != nil
    case .request: (try? RequestMessage(decoding: payload)) != nil
    case .data: (try? DataMessage(decoding: payload)) != nil
    case .bitfield: (try? BitfieldMessage(decoding: payload)) != nil
    case .range: (try? RangeMessage(decoding: payload)) != nil
    case .want, .unwant: (try? WantMessage(decoding: payload)) != nil
    case .cancel, .noData, .extension: payload.count < 12
    }
  }
}
