import Autobase
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import TestSupport
import Testing

/// Indexers that write at the same time, over connections that deliver at random times.
private struct Crowd {
  var generator: SeededGenerator
  var bases: [Autobase] = []
  var storages: [MemoryBaseStorage] = []
  var drivers: [Acknowledger] = []
  /// When each node looks next at what another one has.
  var deliveries: [[UInt64]] = []
  /// How long the log of each node was at each moment.
  var lengths: [[UInt64]] = []
  /// Places of the nodes that are there.
  var alive: Set<Int>
  var now: UInt64 = 0
  /// Milliseconds that a block travels.
  let latency: Int

  init(seed: UInt64, indexers: Int, latency: Int = 0) throws {
    self.latency = latency
    generator = SeededGenerator(seed: seed)
    alive = Set(0..<indexers)
    for i in 0..<indexers {
      let storage = MemoryBaseStorage(local: KeyPair(seed: try #require(Fixed32(generator.bytes(32)))))
      let base = try Autobase(storage, RecordedApplication(), key: bases.first?.key)
      storages.append(storage)
      bases.append(base)
      let settings = AckTimer.Settings(intervalMilliseconds: 20)
      drivers.append(Acknowledger(base, settings: settings, generator: SeededGenerator(seed: seed &* 31 &+ UInt64(i))))
      deliveries.append([UInt64](repeating: 0, count: indexers))
      lengths.append([])
    }
    for base in bases[1...] {
      try bases[0].append(Array("{\"add\":\"\(Hex.encode(try #require(base.local).key.bytes))\"}".utf8))
    }
    try run(until: 60_000) { base in base.activeIndexerCount == indexers }
  }

  /// Lets time pass until something holds for all, or until `deadline`.
  mutating func run(until deadline: UInt64, _ isDone: (Autobase) throws -> Bool) throws {
    while now < deadline, try alive.contains(where: { try !isDone(bases[$0]) }) { try step() }
  }

  mutating func step() throws {
    now += 1
    for i in bases.indices { lengths[i].append(bases[i].local?.length ?? 0) }
    for i in alive.sorted() {
      var isNews = false
      for j in alive.sorted() where j != i && deliveries[i][j] <= now {
        deliveries[i][j] = now + UInt64.random(in: 1...12, using: &generator)
        let key = try #require(bases[j].local).key
        let (source, copy) = (storages[j].writerLog(key), storages[i].writerLog(key))
        let arrived = lengths[j].dropLast(latency).last ?? 0
        guard arrived > copy.length else { continue }
        copy.manifest = source.manifest
        copy.append(replicated: Array(source.blocks[Int(copy.length)..<Int(arrived)]))
        drivers[i].bump(now: now)
        isNews = true
      }
      if isNews { try bases[i].advance() }
      try drivers[i].update(now: now)
      try drivers[i].run(now: now)
    }
  }

  /// Each node that is there writes `count` values, all at about the same time.
  mutating func burst(_ count: Int) throws {
    for k in 0..<count {
      for i in alive.sorted() {
        try bases[i].append(Array("\"\(i)-\(k)\"".utf8))
        for _ in 0..<Int.random(in: 0..<4, using: &generator) { try step() }
      }
    }
  }
}

@Suite struct LivenessTests {
  /// Whatever a burst of writes left behind, it becomes final without anybody writing more. By the votes that the
  /// rules ask for alone, some of these seeds stand still.
  @Test func burstsBecomeFinal() throws {
    for seed: UInt64 in 0..<32 {
      var crowd = try Crowd(seed: seed, indexers: 3)
      try crowd.burst(5)
      try crowd.run(until: crowd.now + 10_000) { try $0.view("view").signedLength == 15 }
      for base in crowd.bases { #expect(try base.view("view").signedLength == 15, "seed \(seed)") }
    }
  }

  /// While too few are there to finish anything, logs hardly grow; when the others return, all becomes final.
  @Test func aMinorityDoesNotTalkForEver() throws {
    for seed: UInt64 in 0..<3 {
      var crowd = try Crowd(seed: seed, indexers: 4)
      crowd.alive = [0, 1]
      try crowd.burst(3)
      try crowd.run(until: crowd.now + 1_000) { _ in false }
      let lengths = crowd.bases.map { $0.local?.length ?? 0 }
      try crowd.run(until: crowd.now + 20_000) { _ in false }
      for (base, length) in zip(crowd.bases, lengths) {
        #expect(try #require(base.local).length <= length + 12, "seed \(seed)")
        #expect(try base.view("view").signedLength == 0, "seed \(seed)")
      }
      crowd.alive = [0, 1, 2, 3]
      try crowd.run(until: crowd.now + 10_000) { try $0.view("view").signedLength == 6 }
      for base in crowd.bases { #expect(try base.view("view").signedLength == 6, "seed \(seed)") }
    }
  }

  /// Nodes that want to answer much faster than they hear of each other come to an end all the same, by fewer answers.
  @Test func slowConnectionsAreWaitedFor() throws {
    for seed: UInt64 in 1...2 {
      var crowd = try Crowd(seed: seed, indexers: 5, latency: 100)
      #expect(crowd.now < 60_000, "seed \(seed)")
      try crowd.burst(2)
      let start = crowd.now
      try crowd.run(until: start + 60_000) { try $0.view("view").signedLength == 10 }
      for base in crowd.bases {
        #expect(try base.view("view").signedLength == 10, "seed \(seed), \(crowd.now - start) ms")
        #expect(try #require(base.local).length < 100, "seed \(seed)")
      }
    }
  }
}
