internal import CompactEncoding

/// When to connect to one peer: a state machine without a clock or a socket.
struct PeerSchedule: Sendable {
  enum State: Sendable {
    /// Nothing is done until ``PeerSchedule/start(at:using:)``.
    case idle
    case waiting(until: UInt64, because: TransportError?)
    case connecting(since: UInt64)
    case connected(since: UInt64)
  }

  private(set) var state = State.idle
  private(set) var backoff: Backoff
  /// A connection that lasted this long makes up for the failures before it, in milliseconds.
  let stableMilliseconds: UInt64
  /// Connections made so far.
  private(set) var connectionCount = 0

  init(backoff: Backoff = Backoff(), stableMilliseconds: UInt64 = 10_000) {
    self.backoff = backoff
    self.stableMilliseconds = stableMilliseconds
  }

  /// When something is to be done, in milliseconds.
  var nextDeadline: UInt64? {
    if case .waiting(let time, _) = state { time } else { nil }
  }

  /// Connect within a quarter of the first wait: nodes that start together do not call each other at the same moment.
  mutating func start(at now: UInt64, using generator: inout some RandomNumberGenerator) {
    state = .waiting(
      until: now + UInt64.random(in: 0...backoff.firstMilliseconds / 4, using: &generator), because: nil)
  }

  /// Whether a connection is to be made now; from then on it is being made.
  mutating func dials(at now: UInt64) -> Bool {
    guard case .waiting(let time, _) = state, time <= now else { return false }
    state = .connecting(since: now)
    return true
  }

  /// There is a connection, whoever made it.
  mutating func connected(at now: UInt64) {
    if case .connected = state { return }
    connectionCount += 1
    state = .connected(since: now)
  }

  /// The connection, or the attempt to make one, ended.
  mutating func ended(_ reason: TransportError, at now: UInt64, using generator: inout some RandomNumberGenerator) {
    switch state {
    case .idle, .waiting: return
    case .connected(let since): if now >= since + stableMilliseconds { backoff.reset() }
    case .connecting: break
    }
    state = .waiting(until: now + backoff.fail(using: &generator), because: reason)
  }

  mutating func stop() { state = .idle }
}
