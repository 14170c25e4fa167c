import Autobase
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import TestSupport
import Testing

@Suite struct AcknowledgerTests {
  private let settings = AckTimer.Settings(intervalMilliseconds: 300, threshold: 2, limitMilliseconds: 1000)

  @Test func looksAfterTheInterval() throws {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<100 {
      var timer = AckTimer(settings, using: &generator)
      #expect(timer.nextDeadline == nil)
      timer.start(now: 1000, indexers: 1, unindexed: 0, using: &generator)
      let deadline = try #require(timer.nextDeadline)
      #expect((1300..<1600).contains(deadline))
      #expect(timer.due(now: deadline - 1) == nil && timer.due(now: deadline) == .advance)
      timer.jitter(now: deadline, using: &generator)
      let answer = try #require(timer.nextDeadline)
      #expect((deadline..<deadline + 100).contains(answer) && timer.due(now: answer) == .answer)
      timer.didAcknowledge(now: answer, indexers: 1, isAnswered: false, using: &generator)
      #expect((answer + 300..<answer + 600).contains(try #require(timer.nextDeadline)))
    }
  }

  /// Whoever knows that his answer is missing does not wait for the interval, and nobody works for nothing.
  @Test func waitsAsLongAsThereIsNeed() throws {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<100 {
      var timer = AckTimer(settings, using: &generator)
      timer.start(now: 0, indexers: 3, unindexed: 0, using: &generator)
      timer.setNeed(.own(turn: 2), now: 10, using: &generator)
      #expect((310..<460).contains(try #require(timer.nextDeadline)))
      timer.setNeed(.own(turn: 1), now: 10, using: &generator)
      #expect((160..<310).contains(try #require(timer.nextDeadline)))
      timer.setNeed(.own(turn: 0), now: 10, using: &generator)
      let deadline = try #require(timer.nextDeadline)
      #expect(deadline == 10 && timer.due(now: deadline) == .advance)
      timer.jitter(now: deadline, using: &generator)
      #expect(timer.due(now: deadline) == .answer)
      timer.answered(hasProgress: true, now: deadline)
      timer.didAcknowledge(now: deadline, indexers: 3, isAnswered: true, using: &generator)
      timer.setNeed(.others, now: 200, using: &generator)
      #expect((500..<800).contains(try #require(timer.nextDeadline)))
      timer.setNeed(.none, now: 300, using: &generator)
      #expect((1300..<2300).contains(try #require(timer.nextDeadline)))
      // Not two answers at once, whosever turn it is.
      timer.setNeed(.own(turn: 0), now: 11, using: &generator)
      #expect(timer.nextDeadline == 35)
      // Who could not answer does not try again at once, however often it changes whether an answer is missing.
      timer.didAcknowledge(now: 100, indexers: 3, isAnswered: false, using: &generator)
      let retry = try #require(timer.nextDeadline)
      #expect((400..<700).contains(retry))
      for now in 101..<110 as Range<UInt64> {
        timer.setNeed(.others, now: now, using: &generator)
        timer.setNeed(.own(turn: 0), now: now, using: &generator)
        #expect(timer.nextDeadline == retry)
      }
    }
  }

  /// News postpones a look, but not for ever.
  @Test func newsPostpones() throws {
    var generator = SeededGenerator(seed: 2)
    var timer = AckTimer(settings, using: &generator)
    timer.start(now: 0, indexers: 1, unindexed: 0, using: &generator)
    var now: UInt64 = 0
    while timer.due(now: now) == nil, now < 10_000 {
      now += 10
      timer.bump(now: now, using: &generator)
    }
    #expect((1300..<2700).contains(now))
  }

  @Test func manyRoundsMakeItUrgent() throws {
    var generator = SeededGenerator(seed: 3)
    var timer = AckTimer(settings, using: &generator)
    timer.start(now: 0, indexers: 3, unindexed: 0, using: &generator)
    #expect((6..<12).contains(timer.tickLimit))
    for _ in 1..<timer.tickLimit {
      timer.advanced(isAppended: false, isBehind: false, now: 10, using: &generator)
      #expect(try #require(timer.nextDeadline) >= 300)
    }
    timer.advanced(isAppended: false, isBehind: true, now: 10, using: &generator)
    #expect(try #require(timer.nextDeadline) >= 300)
    timer.advanced(isAppended: false, isBehind: false, now: 10, using: &generator)
    #expect(try #require(timer.nextDeadline) < 110)
    timer.advanced(isAppended: true, isBehind: false, now: 20, using: &generator)
    #expect(timer.ticks == 0)
    #expect(try #require(timer.nextDeadline) >= 320)
    // Much that is not indexed when it starts: somebody waits already.
    var late = AckTimer(settings, using: &generator)
    late.start(now: 0, indexers: 1, unindexed: 50, using: &generator)
    late.advanced(isAppended: false, isBehind: false, now: 0, using: &generator)
    #expect(try #require(late.nextDeadline) < 100)
  }

  @Test func anIntervalOfZeroStopsIt() {
    var generator = SeededGenerator(seed: 4)
    var timer = AckTimer(AckTimer.Settings(intervalMilliseconds: 0), using: &generator)
    timer.start(now: 0, indexers: 1, unindexed: 9, using: &generator)
    #expect(timer.nextDeadline == nil)
  }

  /// Three indexers whose logs travel at once come to one signed view, driven by nothing but their timers.
  @Test func indexersConverge() throws {
    var bases: [Autobase] = []
    var storages: [MemoryBaseStorage] = []
    var drivers: [Acknowledger] = []
    for i in 0..<3 {
      let seed = try #require(Fixed32([UInt8](repeating: UInt8(i), count: 32)))
      let storage = MemoryBaseStorage(local: KeyPair(seed: seed))
      let base = try Autobase(storage, RecordedApplication(), key: bases.first?.key)
      storages.append(storage)
      bases.append(base)
      drivers.append(Acknowledger(base, settings: settings, generator: SeededGenerator(seed: UInt64(i) + 1)))
    }
    try bases[0].append(Array("\"first\"".utf8))
    for base in bases[1...] {
      try bases[0].append(Array("{\"add\":\"\(Hex.encode(try #require(base.local).key.bytes))\"}".utf8))
    }
    try bases[0].append(Array("\"last\"".utf8))
    var now: UInt64 = 0
    while now < 60_000,
      try bases.contains(where: { try $0.activeIndexerCount < 3 || $0.view("view").signedLength < 2 })
    {
      for (i, base) in bases.enumerated() {
        for wanted in base.wantedCores where wanted.role == .writer && wanted.download == .everything {
          for (j, other) in storages.enumerated() where j != i {
            let (source, copy) = (other.writerLog(wanted.key), storages[i].writerLog(wanted.key))
            guard source.length > copy.length else { continue }
            copy.manifest = source.manifest
            copy.append(replicated: Array(source.blocks[Int(copy.length)...]))
            drivers[i].bump(now: now)
          }
        }
        try base.advance()
        try drivers[i].update(now: now)
      }
      for driver in drivers { try driver.run(now: now) }
      now += 5
    }
    for base in bases {
      #expect(try base.view("view").signedLength == 2 && base.view("view").key == bases[0].view("view").key)
      #expect(base.activeIndexerCount == 3)
    }
  }
}
