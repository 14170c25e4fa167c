import CompactEncoding
import HypercoreCrypto
import Protomux
import ProtomuxRPC

extension FuzzTarget {
  /// Frames, between calls of the side that receives them.
  static let protomux = FuzzTarget(
    "protomux", "frames to a muxer on which channels open and close", maximumByteCount: 4096,
    seeds: {
      let frames = try Samples.bytes(in: ["02-protomux"], limit: 600).map { Array($0) }
      var seeds = frames.map { [0] + InputReader.pieces([$0]) }
      for start in stride(from: 0, to: frames.count, by: 6) {
        seeds.append(frames[start..<min(start + 6, frames.count)].flatMap { [0] + InputReader.pieces([$0]) })
      }
      // Opens, a message, a close, on both sides.
      seeds.append(
        [1, 0] + [0] + InputReader.pieces([[0, 1, 1, 1, 97, 0]]) + [0] + InputReader.pieces([[1, 3, 4, 5]]))
      seeds.append(
        [0] + InputReader.pieces([[0, 1, 1, 1, 97, 0]]) + [0] + InputReader.pieces([[1, 3, 4]]) + [1, 0, 4, 0])
      return seeds
    },
    run: { input in
      var reader = InputReader(input)
      var mux = Protomux()
      var states: [MuxChannel: Int] = [:]  // 0 asked for, 1 open, 2 closed
      var channels: [MuxChannel] = []
      func drain() throws {
        while let event = mux.nextEvent() {
          switch event {
          case .offered: break
          case .opened(let channel, _):
            try require(states[channel] == 0, "a channel opens that was not asked for")
            states[channel] = 1
          case .message(let channel, _, _): try require(states[channel] == 1, "a message on a channel that is not open")
          case .closed(let channel, _):
            try require(states[channel] == 0 || states[channel] == 1, "a channel closes twice")
            states[channel] = 2
          }
        }
      }
      var count = 0
      while !reader.isAtEnd {
        let operation = reader.byte()
        let key = PairKey(["a", "b", "old"][Int(operation >> 4) % 3], operation & 8 == 0 ? [] : [1])
        switch operation & 7 {
        case 1, 5:
          guard let channel = try? mux.open(key, aliases: operation & 7 == 5 ? ["old"] : []) else { break }
          states[channel] = 0
          channels.append(channel)
        case 2: mux.reject(key)
        case 3: if !channels.isEmpty { mux.close(channels[reader.number(below: channels.count)]) }
        case 4:
          if !channels.isEmpty {
            try? mux.send(reader.piece(), type: 3, on: channels[reader.number(below: channels.count)])
          }
        default:
          do { try mux.receive(reader.piece()) } catch is ProtomuxError {
            try drain()
            return .refused
          }
          count += 1
        }
        try drain()
        _ = mux.takeFrames()
      }
      mux.endOfStream()
      try drain()
      try require(states.values.allSatisfy { $0 == 2 }, "a channel is open behind the end of the stream")
      return count > 0 ? .accepted : .refused
    })

  /// Messages to an RPC endpoint.
  static let rpc = FuzzTarget(
    "rpc", "requests and answers to an endpoint that calls and answers", maximumByteCount: 2048,
    seeds: {
      try Samples.bytes(in: ["02-protomux-rpc"], limit: 300).flatMap { sample in
        [[2, 2, 0], [2, 1], [3, 0]].map { (head: [UInt8]) in head + InputReader.pieces([sample]) + [4, 1] }
      }
    },
    run: { input in
      var reader = InputReader(input)
      var mux = Protomux()
      guard let channel = try? mux.open(PairKey(ProtomuxRPC.protocolName)) else { return .refused }
      try? mux.receive([0, 1, 1] + [12] + Array("protomux-rpc".utf8) + [0])
      while mux.nextEvent() != nil {}
      var endpoint = RPCEndpoint(channel: channel)
      var asked: Set<UInt64> = []
      var requests: [UInt64] = []
      var now: UInt64 = 0
      func finish(_ event: RPCEvent?) throws {
        switch event {
        case .finished(let id, _): try require(asked.remove(id) != nil, "call \(id) ends, which was not made or ended")
        case .request(let request): if !request.isEvent { requests.append(request.id) }
        case nil: break
        }
      }
      while !reader.isAtEnd {
        switch reader.number(below: 8) {
        case 0, 1, 2:
          do {
            let type = UInt64(reader.byte() & 3)
            try finish(endpoint.receive(type: type, payload: reader.piece()[...], on: &mux))
          } catch is ProtomuxError { return .refused }
        case 3:
          let timeout = reader.number()
          if let id = try? endpoint.call("a", reader.piece(), timeoutMilliseconds: timeout, now: now, on: &mux) {
            try require(asked.insert(id).inserted, "two calls have the number \(id)")
          }
        case 4:
          let id = requests.popLast() ?? reader.number()
          endpoint.respond(
            to: id, reader.byte() & 1 == 0 ? .success(reader.piece()) : .failure(.unknownMethod("a")), on: &mux)
        case 5:
          now = max(now, min(reader.number(), 1 << 60))
          for event in endpoint.expire(at: now, on: &mux) { try finish(event) }
          try require(endpoint.nextDeadline ?? .max > now, "a deadline is in the past")
        case 6: if let id = asked.first, endpoint.cancel(id, on: &mux) { asked.remove(id) }
        default: endpoint.end(on: &mux)
        }
        _ = mux.takeFrames()
        try require(endpoint.callCount == asked.count, "\(endpoint.callCount) calls wait, \(asked.count) were made")
      }
      for event in endpoint.closed() { try finish(event) }
      try require(asked.isEmpty, "calls \(asked) never end")
      return .accepted
    })

  /// An encrypted stream whose bytes are changed, cut, repeated and delivered in any pieces.
  static let secureStream = FuzzTarget(
    "secure-stream", "handshake and frames of an encrypted stream, changed on the way", maximumByteCount: 512,
    seeds: {
      [
        [], [0], [1, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0, 0], [2, 3, 0, 0, 0, 0, 0], [3, 0, 40, 0, 0, 0, 0],
        [0, 0, 0, 1, 0, 5, 7], [0, 0, 0, 2, 5], [0, 0, 0, 0, 0, 4, 3, 1, 2, 3],
      ]
    },
    run: { input in
      var reader = InputReader(input)
      var random = FixedGenerator()
      let first = KeyPair(seed: Fixed32())
      var sender = SecureStream(role: .initiator, keyPair: first, using: &random)
      var receiver = SecureStream(
        role: .responder, keyPair: KeyPair(seed: first.publicKey), maximumFrameCount: 4096, using: &random)
      let sent: [[UInt8]] = [[], [1], [UInt8](repeating: 2, count: 100), [UInt8](repeating: 3, count: 1000)]
      for message in sent { try sender.send(message) }
      var received = 0
      var isChanged = false
      var delivered = 0
      for _ in 0..<4 {
        var bytes = sender.takeOutput()
        for _ in 0..<2 where !reader.isAtEnd {
          let before = bytes
          switch reader.byte() & 7 {
          case 1:
            if !bytes.isEmpty { bytes[(Int(reader.byte()) << 8 | Int(reader.byte())) % bytes.count] ^= reader.byte() }
          case 2: bytes.removeLast(min(bytes.count, Int(reader.byte())))
          case 3: bytes.removeFirst(min(bytes.count, Int(reader.byte())))
          case 4: bytes += reader.piece()
          case 5: bytes = reader.piece() + bytes
          case 6: bytes += bytes.suffix(Int(reader.byte()))
          default: break
          }
          if bytes != before { isChanged = true }
        }
        let step = max(1, Int(reader.byte()))
        delivered += bytes.count
        for start in stride(from: 0, to: bytes.count, by: step) {
          receiver.receive(Array(bytes[start..<min(start + step, bytes.count)]))
          do {
            while let message = try receiver.next() {
              try require(received < sent.count && message == sent[received], "a message arrives that was not sent")
              received += 1
            }
          } catch let error as SecureStreamError {
            try require(isChanged, "an unchanged stream fails: \(error)")
            return .refused
          }
          try require(receiver.bufferedCount <= delivered, "\(receiver.bufferedCount) bytes are kept")
        }
        sender.receive(receiver.takeOutput())
        do { while try sender.next() != nil {} } catch is SecureStreamError {
          try require(isChanged, "an unchanged answer fails")
          return .refused
        }
      }
      if !isChanged { try require(received == sent.count, "\(received) of \(sent.count) messages arrived") }
      return .accepted
    })
}

/// Numbers in a row in place of random ones, so that an input always does the same.
private struct FixedGenerator: RandomNumberGenerator {
  var state: UInt64 = 0
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return state ^ state >> 29
  }
}
