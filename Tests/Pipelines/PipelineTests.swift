import Synchronization
import Testing

@testable import Pipelines

@Suite struct PipelineTests {
  private struct Broken: Error, Equatable { var at: Int }

  @Test func itemsComeInTheirOrderAndThenTheEnd() throws {
    var next = 0
    let ahead = ReadAhead {
      next += 1
      return next <= 1000 ? next : nil
    }
    for expected in 1...1000 { #expect(try ahead.next() == expected) }
    #expect(try ahead.next() == nil)
    #expect(try ahead.next() == nil)
  }

  @Test func anErrorComesBehindTheItemsBeforeIt() throws {
    var next = 0
    let ahead = ReadAhead(limit: 8) {
      next += 1
      if next > 5 { throw Broken(at: next) }
      return next
    }
    for expected in 1...5 { #expect(try ahead.next() == expected) }
    #expect(throws: Broken(at: 6)) { try ahead.next() }
  }

  @Test func nothingIsMadeFarAhead() throws {
    let made = Mutex(0)
    do {
      let ahead = ReadAhead(limit: 3) { made.withLock { count in count += 1 } }
      for _ in 0..<10 { _ = try ahead.next() }
    }
    // Three that wait, and the one that was being made.
    #expect(made.withLock { $0 } <= 14)
  }

  @Test func whoeverLeavesNeedNotWaitForAnItem() throws {
    let mayGoOn = Monitor(false)
    do {
      let ahead = ReadAhead(waitsForEnd: false) { mayGoOn.change(when: { $0 }) { _ in 1 } }
      _ = ahead
    }
    mayGoOn.change { $0 = true }
  }

  @Test func piecesAreWorkedOnInTheirOrder() throws {
    let done = Mutex<[Int]>([])
    let pipeline = Pipeline<Int> { piece in done.withLock { $0.append(piece) } }
    for piece in 0..<1000 { try pipeline.submit(piece) }
    try pipeline.drain()
    #expect(done.withLock { $0 } == Array(0..<1000))
    try pipeline.submit(1000)
    try pipeline.drain()
    #expect(done.withLock { $0.last } == 1000)
  }

  @Test func whatTheWorkThrowsReachesWhoeverBringsMore() throws {
    let done = Mutex(0)
    let pipeline = Pipeline<Int> { piece in
      if piece == 7 { throw Broken(at: piece) }
      done.withLock { $0 += 1 }
    }
    #expect(throws: Broken(at: 7)) {
      for piece in 0..<1000 { try pipeline.submit(piece) }
    }
    #expect(throws: Broken(at: 7)) { try pipeline.drain() }
    #expect(throws: Broken(at: 7)) { try pipeline.submit(1) }
    #expect(done.withLock { $0 } == 7)
  }
}
