public import Protomux

/// Runs several protocols over one connection: hands each event to the part that owns the channel, offers new channels to
/// one part after the other, and rejects those that none wants.
///
/// The connection is read no further while one part is overloaded, wakes at the earliest deadline of all, and when it is
/// drained it closes once every part has finished. Belongs to the event loop.
public final class ConnectionRouter: ConnectionSession, @unchecked Sendable {
  /// What shares the connection, in the order in which channels are offered.
  public let parts: [any ConnectionPart]
  private var isDraining = false
  /// The channel of the last message and whose it is: messages of one channel mostly come in a row.
  private var last: (channel: MuxChannel, part: any ConnectionPart)?

  /// A session of these parts.
  public init(_ parts: [any ConnectionPart]) { self.parts = parts }

  public func handle(_ event: MuxEvent, on connection: Connection) throws(ProtomuxError) {
    switch event {
    case .offered(let key):
      if !isDraining {
        for part in parts {
          if try part.answer(key, on: connection) { return }
        }
      }
      connection.mux.reject(key)
    case .message(let channel, _, _):
      if let last, last.channel == channel { return try last.part.handle(event, on: connection) }
      guard let part = owner(of: channel) else { return }
      last = (channel, part)
      try part.handle(event, on: connection)
    case .opened(let channel, _):
      try owner(of: channel)?.handle(event, on: connection)
    case .closed(let channel, _):
      last = nil
      try owner(of: channel)?.handle(event, on: connection)
      closeIfDrained(connection)
    }
  }

  private func owner(of channel: MuxChannel) -> (any ConnectionPart)? { parts.first { $0.owns(channel) } }

  public func readCompleted(on connection: Connection) {
    for part in parts where connection.closeReason == nil { part.readCompleted(on: connection) }
    closeIfDrained(connection)
  }

  public func outputTaken(on connection: Connection) {
    for part in parts where connection.closeReason == nil { part.outputTaken(on: connection) }
  }

  public var nextDeadline: UInt64? {
    var earliest: UInt64?
    for part in parts {
      guard let deadline = part.nextDeadline else { continue }
      earliest = min(earliest ?? deadline, deadline)
    }
    return earliest
  }

  public func expire(at now: UInt64, on connection: Connection) {
    for part in parts where connection.closeReason == nil {
      if let deadline = part.nextDeadline, deadline <= now { part.expire(at: now, on: connection) }
    }
    closeIfDrained(connection)
  }

  public var isOverloaded: Bool { parts.contains { $0.isOverloaded } }

  public func drain(on connection: Connection) {
    isDraining = true
    for part in parts where connection.closeReason == nil { part.drain(on: connection) }
    connection.flush()
    closeIfDrained(connection)
  }

  /// Closes the connection when it is being drained and all parts have finished.
  func closeIfDrained(_ connection: Connection) {
    if isDraining, parts.allSatisfy({ $0.isDrained }) { connection.closeGracefully() }
  }

  public func closed(_ reason: TransportError) {
    last = nil
    for part in parts { part.closed(reason) }
  }
}
