internal import NIOCore

/// Wakes a state machine at its next deadline. Belongs to the event loop.
public final class Alarm: @unchecked Sendable {
  private let eventLoop: any EventLoop
  private let ring: (_ now: UInt64) -> Void
  private var scheduled: Scheduled<Void>?
  private var time = UInt64.max

  /// An alarm that is not set.
  ///
  /// - Parameter ring: called on the event loop; has to set the alarm again.
  public init(on loop: TransportLoop, ring: @escaping (_ now: UInt64) -> Void) {
    eventLoop = loop.group.any()
    self.ring = ring
  }

  /// Rings at `deadline`, in milliseconds of ``TransportLoop/now``; nil for not at all. What was set before is forgotten.
  public func set(_ deadline: UInt64?) {
    let deadline = deadline ?? .max
    guard deadline != time else { return }
    scheduled?.cancel()
    scheduled = nil
    time = deadline
    guard deadline < .max else { return }
    let uptime = NIODeadline.uptimeNanoseconds(min(deadline, UInt64.max / 2_000_000) * 1_000_000)
    scheduled = eventLoop.assumeIsolated().scheduleTask(deadline: uptime) { [self] in
      scheduled = nil
      time = .max
      ring(milliseconds())
    }
  }
}

extension TransportLoop {
  /// Milliseconds on the clock of deadlines, which does not go back.
  public var now: UInt64 { milliseconds() }
}
