import CompactEncoding
import HypercoreCrypto
import TestSupport

/// The wires between machines: how long frames take, who reaches whom, and what breaks.
///
/// A connection keeps the order of what is sent on it and loses nothing, until it ends; then what is on its way is
/// gone, and each end hears of the end at a time of its own. Between machines that do not reach each other frames
/// vanish, so that their connections are doomed: nothing that was lost is ever sent again below.
final class Network {
  private let scheduler: Scheduler
  private var generator: SeededGenerator
  /// Microseconds that a frame takes at least, and at most as a rule.
  var delay: ClosedRange<UInt64> = 200...3_000
  /// The part of the world that each machine is in; machines in different parts do not reach each other.
  private(set) var parts: [Int: Int] = [:]
  private(set) var links: [Link] = []
  /// Number of frames that arrived.
  private(set) var frameCount = 0
  /// Bytes of the frames that arrived.
  private(set) var byteCount = 0

  /// Microseconds after which an end gives up on a connection on which nothing arrives any more.
  static let idleTimeout: UInt64 = 20_000_000

  init(_ scheduler: Scheduler, _ generator: SeededGenerator) {
    self.scheduler = scheduler
    self.generator = generator
  }

  func reaches(_ a: Int, _ b: Int) -> Bool { parts[a, default: 0] == parts[b, default: 0] }

  /// A delay as any frame has it.
  func someDelay() -> UInt64 {
    // One in fifty takes up to ten times as long as the others.
    let factor: UInt64 = UInt64.random(in: 0..<50, using: &generator) == 0 ? 10 : 1
    return UInt64.random(in: delay, using: &generator) * factor
  }

  /// Connects two machines: the one that dials hears of it a round trip later, unless the other one is down or out of
  /// reach.
  func dial(from client: SimulatedNode, to server: SimulatedNode) {
    let clientIncarnation = client.incarnation
    scheduler.after(someDelay()) { [self] in
      guard client.incarnation == clientIncarnation else { return }
      guard reaches(client.index, server.index) else {
        return scheduler.after(5_000_000) { client.dialFailed(server, incarnation: clientIncarnation) }
      }
      guard server.isRunning else {
        return scheduler.after(someDelay()) { client.dialFailed(server, incarnation: clientIncarnation) }
      }
      let link = Link(client: client, server: server, handshakeHash: generator.bytes(64))
      links.append(link)
      server.accepted(link.serverEnd)
      scheduler.after(someDelay()) { [self] in
        guard link.clientEnd.isOpen else {
          return client.dialFailed(server, incarnation: clientIncarnation)
        }
        guard client.incarnation == clientIncarnation, reaches(client.index, server.index) else {
          // The server does not know yet that nobody is there.
          ended(link.clientEnd, isSilent: true)
          return scheduler.after(5_000_000) { client.dialFailed(server, incarnation: clientIncarnation) }
        }
        client.connected(link.clientEnd)
      }
    }
  }

  /// Sends frames that leave `end` at a time.
  func send(_ frames: [[UInt8]], from end: SimulatedConnection, at departure: UInt64) {
    let (owner, incarnation) = (end.owner, end.incarnation)
    for frame in frames {
      end.lastArrival = max(end.lastArrival + 1, departure + someDelay())
      let arrival = end.lastArrival
      scheduler.at(departure) { [self] in
        // What had not left when the machine stopped never leaves.
        guard owner.incarnation == incarnation, end.isOpen, let link = end.link else { return }
        guard reaches(link.clientEnd.owner.index, link.serverEnd.owner.index) else {
          link.isDoomed = true
          return
        }
        scheduler.at(arrival) { [self] in
          guard !link.isDoomed, let other = end.other, other.isOpen else { return }
          guard reaches(link.clientEnd.owner.index, link.serverEnd.owner.index) else {
            link.isDoomed = true
            return
          }
          frameCount += 1
          byteCount += frame.count
          other.owner.arrived(frame, on: other)
        }
      }
    }
    if !frames.isEmpty { giveUpWhenDoomed(end) }
  }

  /// An end that has sent something and hears nothing back closes the connection some time later.
  private func giveUpWhenDoomed(_ end: SimulatedConnection) {
    guard !end.isWatched, let link = end.link else { return }
    end.isWatched = true
    scheduler.after(Self.idleTimeout) { [self] in
      end.isWatched = false
      guard end.isOpen, link.isDoomed || end.other?.isOpen == false else { return }
      end.owner.lost(end)
      remove(link)
    }
  }

  // MARK: What breaks

  /// Ends a connection: both ends hear of it soon.
  func cut(_ link: Link) {
    guard !link.isDoomed else { return }
    link.isDoomed = true
    for end in [link.clientEnd, link.serverEnd] {
      scheduler.after(someDelay()) { [self] in
        if end.isOpen { end.owner.lost(end) }
        remove(link)
      }
    }
  }

  /// The process at one end is gone: the other end hears of it soon, or, when nobody is left to tell, late.
  func ended(_ end: SimulatedConnection, isSilent: Bool) {
    guard let link = end.link, let other = end.other else { return }
    end.isOpen = false
    link.isDoomed = true
    scheduler.after(isSilent ? Self.idleTimeout : someDelay()) { [self] in
      if other.isOpen { other.owner.lost(other) }
      remove(link)
    }
  }

  private func remove(_ link: Link) {
    if !link.clientEnd.isOpen && !link.serverEnd.isOpen { links.removeAll { $0 === link } }
  }

  /// Puts machines into parts that do not reach each other.
  func divide(_ parts: [Int: Int]) {
    self.parts = parts
    for link in links where !reaches(link.clientEnd.owner.index, link.serverEnd.owner.index) {
      link.isDoomed = true
      for end in [link.clientEnd, link.serverEnd] { giveUpWhenDoomed(end) }
    }
  }
}

/// A connection between two machines.
final class Link {
  let clientEnd: SimulatedConnection
  let serverEnd: SimulatedConnection
  /// Whether something on it was lost, after which nothing more arrives.
  var isDoomed = false

  init(client: SimulatedNode, server: SimulatedNode, handshakeHash: [UInt8]) {
    clientEnd = SimulatedConnection(client, to: server, .initiator, handshakeHash)
    serverEnd = SimulatedConnection(server, to: client, .responder, handshakeHash)
    for end in [clientEnd, serverEnd] { end.link = self }
    clientEnd.other = serverEnd
    serverEnd.other = clientEnd
  }
}
