/// Which server to ask: one stays in use until it fails, then it is the turn of the next in the order of the list.
///
/// Source: spec 02 §12.4.
struct ServerRotation: Sendable {
  /// The index of the server to ask.
  private(set) var current: Int
  /// Failures since the last answer.
  private(set) var failureCount = 0

  private let count: Int
  private var excluded: Set<Int> = []
  private var tried: Set<Int> = []

  /// A rotation over `count` servers.
  init(count: Int, startingAt start: Int) {
    precondition(0..<count ~= start, "a rotation starts at one of its servers")
    self.count = count
    current = start
  }

  /// Whether no server is left that may be asked.
  var isExhausted: Bool { excluded.count == count }

  /// The current server answered.
  mutating func answered() {
    failureCount = 0
    tried = []
  }

  /// The current server failed: moves on to the next.
  ///
  /// - Parameter isFinal: whether it is not to be asked again.
  mutating func failed(isFinal: Bool) {
    failureCount += 1
    tried.insert(current)
    if isFinal { excluded.insert(current) }
    guard !isExhausted else { return }
    repeat { current = (current + 1) % count } while excluded.contains(current)
  }

  /// How long to wait before the current server is asked, in milliseconds: nothing when it did not fail since the last
  /// answer; else a time that doubles from 100 ms to 2 s with the failures, and of which a random half is left out.
  func delayMilliseconds(using generator: inout some RandomNumberGenerator) -> UInt64 {
    guard tried.contains(current) else { return 0 }
    let longest = min(UInt64(100) << UInt64(min(failureCount - 1, 10)), 2_000)
    return UInt64.random(in: longest / 2...longest, using: &generator)
  }
}
