import Corestore
import Hypercore
import TestSupport
import Testing

/// A session asked outside of a transaction shows what others have committed, although it usually need not look.
@Suite struct FreshnessTests {
  @Test func lengthsFollowOtherConnections() throws {
    let directory = TemporaryDirectory()
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    let stores = try (0..<3).map { _ in try Corestore(directory: directory.path) }
    let logs = try stores.map { try $0.get(name: "log") }
    var length: UInt64 = 0
    var fork: UInt64 = 0
    for step in 0..<300 {
      let writer = Int.random(in: 0..<3, using: &generator)
      switch Int.random(in: 0..<8, using: &generator) {
      case 0 where length > 0:
        length = UInt64.random(in: 0..<length, using: &generator)
        fork += 1
        try logs[writer].truncate(to: length)
      case 1:
        // A transaction that is undone changes nothing for anybody.
        #expect(throws: CancellationError.self) {
          try stores[writer].write {
            try logs[writer].append([[1]])
            throw CancellationError()
          }
        }
      case 2:
        // Committing nothing is no commit.
        try stores[writer].write { _ = try logs[writer].append([]) }
      default:
        let blocks = [[UInt8]](
          repeating: [UInt8(truncatingIfNeeded: step)], count: Int.random(in: 1..<4, using: &generator))
        length = try logs[writer].append(blocks)
      }
      for log in logs where Bool.random(using: &generator) {
        #expect(log.length == length && log.fork == fork, "seed \(seed), step \(step)")
      }
    }
    for log in logs { #expect(log.length == length && log.fork == fork, "seed \(seed)") }
  }
}
