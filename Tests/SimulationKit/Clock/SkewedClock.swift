/// The clock of one machine: off by some time, and a little fast or slow.
struct SkewedClock {
  /// Milliseconds that it is ahead at the start.
  var offsetMilliseconds: UInt64 = 0
  /// Parts per million that it runs fast, or slow when negative.
  var driftPerMillion: Int64 = 0

  /// What it shows at a time in microseconds.
  func milliseconds(at time: UInt64) -> UInt64 {
    UInt64(Int64(time / 1_000) + Int64(time / 1_000) * driftPerMillion / 1_000_000) + offsetMilliseconds
  }

  /// The time in microseconds at which it shows at least `milliseconds`.
  func time(of milliseconds: UInt64) -> UInt64 {
    guard milliseconds > offsetMilliseconds else { return 0 }
    let own = min(milliseconds - offsetMilliseconds, 1 << 50)
    var time = UInt64(Int64(own) * 1_000_000 / (1_000_000 + driftPerMillion)) * 1_000
    while self.milliseconds(at: time) < milliseconds { time += 1_000 }
    return time
  }
}
