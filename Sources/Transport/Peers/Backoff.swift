/// How long to wait before the next attempt: twice as long after each failure, up to a limit, and never the same twice,
/// so that many who lost the same peer do not come back at the same moment.
public struct Backoff: Hashable, Sendable {
  /// The wait after the first failure, in milliseconds.
  public let firstMilliseconds: UInt64
  /// The longest wait, in milliseconds.
  public let limitMilliseconds: UInt64
  /// Failures since the last success.
  public private(set) var failureCount = 0

  /// From 1 s, doubling, to 30 s, unless said otherwise.
  public init(firstMilliseconds: UInt64 = 1_000, limitMilliseconds: UInt64 = 30_000) {
    self.firstMilliseconds = firstMilliseconds
    self.limitMilliseconds = limitMilliseconds
  }

  /// Counts a failure.
  ///
  /// - Returns: the wait in milliseconds, from half of the full one to the full one.
  public mutating func fail(using generator: inout some RandomNumberGenerator) -> UInt64 {
    let doublings = min(failureCount, 32)
    failureCount += 1
    let full = min(limitMilliseconds, firstMilliseconds << UInt64(doublings))
    return UInt64.random(in: full / 2...full, using: &generator)
  }

  /// Forgets the failures.
  public mutating func reset() { failureCount = 0 }
}
