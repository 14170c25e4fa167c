import CompactEncoding
import Protomux
import TestSupport
import Testing

@Suite struct ProtomuxTests {
  let key = PairKey("test", [1])

  func events(_ mux: inout Protomux) -> [MuxEvent] {
    var events: [MuxEvent] = []
    while let event = mux.nextEvent() { events.append(event) }
    return events
  }

  func carry(_ a: inout Protomux, _ b: inout Protomux) throws -> [MuxEvent] {
    for frame in a.takeFrames() { try b.receive(frame) }
    return events(&b)
  }

  @Test func messagesBehindAnUnansweredOpenWait() throws {
    var (a, b) = (Protomux(), Protomux())
    let channel = try a.open(key, handshake: [9])
    try a.send([1, 2], type: 3, on: channel)
    #expect(try carry(&a, &b) == [.offered(key)])
    let answer = try b.open(key)
    #expect(
      events(&b) == [.opened(answer, handshake: [9]), .message(answer, type: 3, payload: [1, 2])])
    #expect(try carry(&b, &a) == [.opened(channel, handshake: [])])
  }

  @Test func aCloseBeforeTheAnswerIsNotLost() throws {
    var (a, b) = (Protomux(), Protomux())
    let channel = try a.open(key)
    try a.send([7], type: 0, on: channel)
    a.close(channel)
    #expect(events(&a) == [.closed(channel, isRemote: false)])
    #expect(throws: ProtomuxError.channelClosed) { try a.send([], type: 0, on: channel) }
    #expect(try carry(&a, &b) == [.offered(key)])
    // The id stays reserved until the answer.
    let second = try a.open(PairKey("test", [2]))
    #expect(second.identifier == 2)
    let answer = try b.open(key)
    #expect(
      events(&b) == [
        .opened(answer, handshake: []), .message(answer, type: 0, payload: [7]), .closed(answer, isRemote: true),
      ])
    #expect(try carry(&b, &a) == [])
    #expect(try a.open(key).identifier == 1)
    #expect(try carry(&a, &b) == [.offered(PairKey("test", [2])), .offered(key)])
    b.reject(key)
    #expect(try carry(&b, &a).count == 1)
  }

  @Test func aliasesNameOneChannel() throws {
    var (a, b) = (Protomux(), Protomux())
    let channel = try a.open(PairKey("new", [1]), aliases: ["old"])
    let other = try b.open(PairKey("old", [1]))
    #expect(try carry(&b, &a) == [.opened(channel, handshake: [])])
    try b.send([5], type: 0, on: other)
    #expect(try carry(&b, &a) == [.message(channel, type: 0, payload: [5])])

    (a, b) = (Protomux(), Protomux())
    let early = try b.open(PairKey("old"))
    #expect(try carry(&b, &a) == [.offered(PairKey("old"))])
    let late = try a.open(PairKey("new"), aliases: ["old"])
    #expect(events(&a) == [.opened(late, handshake: [])])
    #expect(early.identifier == 1)
  }

  @Test func sameKeysPairInOrder() throws {
    var (a, b) = (Protomux(), Protomux())
    let first = try a.open(key)
    #expect(throws: ProtomuxError.duplicateChannel(key)) { _ = try a.open(key) }
    let second = try a.open(key, isUnique: false)
    _ = try carry(&a, &b)
    let (one, two) = (try b.open(key), try b.open(key, isUnique: false))
    try b.send([1], type: 0, on: one)
    try b.send([2], type: 0, on: two)
    #expect(
      try carry(&b, &a) == [
        .opened(first, handshake: []), .opened(second, handshake: []), .message(first, type: 0, payload: [1]),
        .message(second, type: 0, payload: [2]),
      ])
  }

  @Test func hostileFrames() throws {
    var mux = Protomux()
    #expect(throws: ProtomuxError.invalidOpen(identifier: 2, count: 0)) { try mux.receive([0, 1, 2, 1, 120, 0]) }
    #expect(throws: ProtomuxError.invalidOpen(identifier: 0, count: 0)) { try mux.receive([0, 1, 0, 1, 120, 0]) }
    try mux.receive([0, 1, 1, 1, 120, 0])
    #expect(throws: ProtomuxError.invalidOpen(identifier: 1, count: 1)) { try mux.receive([0, 1, 1, 1, 120, 0]) }
    #expect(throws: ProtomuxError.invalidReject(identifier: 1)) { try mux.receive([0, 2, 1]) }
    #expect(throws: ProtomuxError.nestedBatch) { try mux.receive([0, 0, 0, 2, 0, 1]) }
    #expect(throws: ProtomuxError.decoding(.outOfBounds(needed: 5, remaining: 1))) {
      try mux.receive([0, 0, 1, 5, 0])
    }
    // Ignored: nothing, unknown control, unknown channel, close of nothing.
    for frame in [[], [0, 9, 1], [5, 0, 1], [0, 3, 0], [0, 3, 7]] as [[UInt8]] { try mux.receive(frame) }
  }

  @Test func hostileAmounts() throws {
    var limits = Protomux.Limits()
    limits.channelCount = 3
    limits.maximumWaitingByteCount = 100_000
    var mux = Protomux(limits: limits)
    for id in 1...3 as ClosedRange<UInt8> { try mux.receive([0, 1, id, 1, 120, 1, id]) }
    #expect(throws: ProtomuxError.tooManyChannels(limit: 3)) { try mux.receive([0, 1, 4, 1, 120, 1, 4]) }
    #expect(!mux.isCongested)
    try mux.receive([1, 0] + [UInt8](repeating: 0, count: 40_000))
    #expect(mux.isCongested)
    #expect(throws: ProtomuxError.tooManyWaitingBytes(limit: 100_000)) {
      for _ in 0..<200 { try mux.receive([2, 0]) }
    }
    for id in 1...3 as ClosedRange<UInt8> { mux.reject(PairKey("x", [id])) }
    #expect(!mux.isCongested)
    #expect(mux.takeFrames() == [[0, 2, 1], [0, 2, 2], [0, 2, 3]])
  }

  /// Each message of a batch becomes an event, which takes more memory than a short message.
  @Test func messagesOfOneFrame() throws {
    var limits = Protomux.Limits()
    limits.batchMessageCount = 1000
    var mux = Protomux(limits: limits)
    let channel = try mux.open(key)
    try mux.receive([0, 1, 1, 4] + Array("test".utf8) + [1, 1])
    let batch: [UInt8] = [0, 0, 1] + (0..<1000).flatMap { _ in [1, 0] as [UInt8] }
    try mux.receive(batch)
    #expect(events(&mux).count == 1001)
    #expect(throws: ProtomuxError.tooManyMessages(limit: 1000)) { try mux.receive(batch + [1, 0]) }
    mux.close(channel)
  }

  @Test func longBatchesAreCut() throws {
    var (a, b) = (Protomux(), Protomux())
    let channel = try a.open(key)
    _ = try carry(&a, &b)
    let answer = try b.open(key)
    _ = try carry(&b, &a)
    _ = events(&b)
    a.cork()
    let sizes = [5 << 20, 4 << 20, 15 << 20, 1, 15 << 20]
    for size in sizes { try a.send([UInt8](repeating: 1, count: size), type: 0, on: channel) }
    a.uncork()
    let frames = a.takeFrames()
    #expect(frames.allSatisfy { $0.count <= 0xff_ffff - 17 })
    for frame in frames { try b.receive(frame) }
    let received = events(&b).map { event in
      if case .message(answer, _, let payload) = event { payload.count } else { -1 }
    }
    #expect(received == sizes)
    #expect(throws: ProtomuxError.self) {
      try a.send([UInt8](repeating: 0, count: 0xff_ffff - 17), type: 0, on: channel)
    }
  }

  @Test func singleBodiesCanBeUnwrapped() throws {
    var mux = Protomux()
    mux.cork()
    let channel = try mux.open(key)
    mux.uncork(unwrapsSingle: true)
    mux.cork()
    try mux.send([7, 8], type: 300, on: channel)
    mux.uncork(unwrapsSingle: true)
    mux.cork()
    try mux.send([1], type: 0, on: channel)
    try mux.send([2], type: 0, on: channel)
    mux.uncork(unwrapsSingle: true)
    mux.close(channel)
    #expect(
      mux.takeFrames() == [
        [0, 1, 1, 4] + Array("test".utf8) + [1, 1], [1, 0xfd, 0x2c, 1, 7, 8], [0, 0, 1, 2, 0, 1, 2, 0, 2], [0, 3, 1],
      ])
    #expect(mux.takeFrames() == [])
  }

  @Test func theEndClosesEverything() throws {
    var mux = Protomux()
    let channel = try mux.open(key)
    mux.endOfStream()
    #expect(events(&mux) == [.closed(channel, isRemote: true)])
    #expect(throws: ProtomuxError.channelClosed) { try mux.send([], type: 0, on: channel) }
  }

  /// Two sides open, answer, send and close at random, with frames in flight: neither ever refuses the other's frames,
  /// and everything sent on a channel that stays open arrives in order.
  @Test(arguments: 1...30 as ClosedRange<UInt64>) func randomTraffic(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var muxes = [Protomux(), Protomux()]
    var wires: [[[UInt8]]] = [[], []]
    var open: [[MuxChannel]] = [[], []]
    var pendingOffers: [[PairKey]] = [[], []]
    for step in 0..<600 {
      let side = Int(generator.next() % 2)
      switch generator.next() % 10 {
      case 0, 1:
        let key = PairKey("p", [UInt8(generator.next() % 6)])
        if let channel = try? muxes[side].open(key, isUnique: generator.next() % 4 != 0) { open[side].append(channel) }
      case 2:
        if let channel = open[side].randomElement(using: &generator) { muxes[side].close(channel) }
      case 3:
        muxes[side].cork()
        try sendSome()
        muxes[side].uncork()
      case 4, 5: try sendSome()
      case 6:
        if let key = pendingOffers[side].popLast() {
          if generator.next() % 2 == 0 {
            muxes[side].reject(key)
          } else if let channel = try? muxes[side].open(key, isUnique: false) {
            open[side].append(channel)
          }
        }
      default:
        wires[1 - side] += muxes[side].takeFrames()
        let count = Int(generator.next() % 4)
        for _ in 0..<min(count, wires[side].count) {
          do { try muxes[side].receive(wires[side].removeFirst()) } catch {
            Issue.record("seed \(seed), step \(step): \(error)")
            return
          }
        }
        for event in events(&muxes[side]) {
          switch event {
          case .offered(let key): pendingOffers[side].append(key)
          case .closed(let channel, _): open[side].removeAll { $0 == channel }
          default: break
          }
        }
      }
      func sendSome() throws {
        for _ in 0..<generator.next() % 4 {
          guard let channel = open[side].randomElement(using: &generator) else { return }
          do {
            try muxes[side].send(generator.bytes(Int(generator.next() % 300)), type: generator.next() % 5, on: channel)
          } catch ProtomuxError.channelClosed {}
        }
      }
    }
  }

  /// Any change of any byte of a frame is an error or another meaning, never a crash.
  @Test func mangledFramesAreSurvived() throws {
    var sender = Protomux()
    sender.cork()
    let channels = try (0..<3).map { try sender.open(PairKey("protocol", [UInt8($0)]), handshake: [1, 2, 3]) }
    for channel in channels { try sender.send([1, 2, 3], type: 1, on: channel) }
    sender.close(channels[1])
    sender.uncork()
    let frame = try #require(sender.takeFrames().first)
    for i in frame.indices {
      for value in [0, 1, 0x7f, 0xfd, 0xfe, 0xff] as [UInt8] {
        var changed = frame
        changed[i] = value
        for bytes in [changed, Array(frame[..<i])] {
          var mux = Protomux()
          try? mux.receive(bytes)
          while let event = mux.nextEvent() {
            if case .offered(let key) = event { _ = try? mux.open(key) }
          }
        }
      }
    }
  }
}
