import TestSupport
import Testing

@testable import rpc_call

@Suite struct ServerRotationTests {
  @Test func theNextOfTheListIsAsked() {
    for start in 0..<4 {
      var rotation = ServerRotation(count: 4, startingAt: start)
      for step in 0..<10 {
        #expect(rotation.current == (start + step) % 4 && rotation.failureCount == step)
        rotation.failed(isFinal: false)
      }
      let current = rotation.current
      rotation.answered()
      #expect(rotation.current == current && rotation.failureCount == 0)
    }
  }

  @Test func aServerThatIsExcludedIsNeverAskedAgain() {
    var generator = SeededGenerator(seed: 41)
    for _ in 0..<200 {
      let count = Int.random(in: 1...6, using: &generator)
      var rotation = ServerRotation(count: count, startingAt: Int.random(in: 0..<count, using: &generator))
      var excluded: Set<Int> = []
      while !rotation.isExhausted {
        #expect(!excluded.contains(rotation.current))
        let isFinal = Bool.random(using: &generator)
        if isFinal { excluded.insert(rotation.current) }
        rotation.failed(isFinal: isFinal)
      }
      #expect(excluded.count == count)
    }
  }

  @Test func onlyAServerThatFailedIsWaitedFor() {
    var generator = SeededGenerator(seed: 43)
    var rotation = ServerRotation(count: 3, startingAt: 1)
    for _ in 0..<2 {
      for _ in 0..<3 {
        #expect(rotation.delayMilliseconds(using: &generator) == 0)
        rotation.failed(isFinal: false)
      }
      for failures in 3..<40 {
        let longest = min(UInt64(100) << UInt64(failures - 1), 2_000)
        for _ in 0..<20 {
          let delay = rotation.delayMilliseconds(using: &generator)
          #expect(longest / 2...longest ~= delay)
        }
        rotation.failed(isFinal: false)
        if failures > 10 { break }
      }
      rotation.answered()
    }
  }
}
