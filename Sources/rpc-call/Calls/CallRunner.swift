import CompactEncoding
import HypercoreCrypto
import ProtomuxRPC
import ToolKit
import Transport
import TransportToolKit

/// Makes calls in order over one connection at a time, and finds another server when one fails.
///
/// Belongs to the main thread. Connections, replies and input come as events from other threads; nothing is done but in
/// answer to one, or because its time has come. A call has one deadline for all attempts. The failures since the last
/// answer are counted, not those of each call: calls that are under way together fail together.
final class CallRunner {
  /// What other threads tell.
  enum Event: Sendable {
    case requests([CallRequest], weight: Int)
    /// There will be no more; the error is why the input ended early.
    case inputEnded(ToolError?)
    case connected(Int, RPCClient)
    case finished(Int, connection: Int, Result<[UInt8], RPCError>)
    case disconnected(Int, TransportError)
  }

  /// Whom to ask, and how long.
  struct Settings: Sendable {
    var servers: [ServerArgument]
    var identity: KeyPair
    var method: String
    var timeoutMilliseconds: UInt64
    var retryCount: Int

    /// The longest that one attempt may take: all the time there is, unless another server could be asked in it.
    var attemptMilliseconds: UInt64 {
      servers.count > 1 && retryCount > 0 ? max(1, timeoutMilliseconds / UInt64(retryCount + 1)) : timeoutMilliseconds
    }
  }

  private enum Link {
    case none
    case waiting(until: UInt64)
    case connecting(until: UInt64)
    case open(RPCClient)
  }

  /// Calls that may be under way at a time.
  static let maximumCallCount = 256
  /// Bytes of requests and replies from which on no more calls are begun.
  static let maximumByteCount = 8 << 20
  /// How long the network may take to say that a time has passed; a host name that is not found in time says nothing.
  private static let graceMilliseconds: UInt64 = 250
  /// How much input may wait, in units of ``Event/requests(_:weight:)``.
  static let maximumInputWeight = 4 << 20

  let mailbox = Mailbox<Event>(limit: maximumInputWeight)
  private let settings: Settings
  private let loop: TransportLoop
  private var rotation: ServerRotation
  private var window = CallWindow()
  private var input: [(CallRequest, weight: Int)] = []
  private var inputStart = 0
  private var inputIsOver = false
  private var inputError: ToolError?
  private var link = Link.none
  /// The number of the latest connection; events of earlier ones come too late.
  private var connection = 0
  private var isIntegrityFailure = false
  private var generator = SystemRandomNumberGenerator()

  init(_ settings: Settings, loop: TransportLoop) {
    self.settings = settings
    self.loop = loop
    var generator = SystemRandomNumberGenerator()
    rotation = ServerRotation(
      count: settings.servers.count, startingAt: Int.random(in: settings.servers.indices, using: &generator))
  }

  /// Makes all calls; `take` gets them with their results, in order, as many at a time as there are.
  ///
  /// - Throws: why the input ended early, or why no server can be asked any more. Everything that was sent until then
  ///   was handed to `take`; calls without an answer were given the failure.
  func run(_ take: ([(CallRequest, Result<[UInt8], RPCError>)]) throws -> Void) throws {
    var events: [Event] = []
    while true {
      do throws(ToolError) {
        for event in events { try handle(event) }
        try advance()
      } catch {
        try take(window.takeAnswered())
        throw error
      }
      let answered = window.takeAnswered()
      if !answered.isEmpty {
        try take(answered)
        events = []
        continue
      }
      if window.count == 0, inputIsOver, inputStart == input.count { break }
      events = mailbox.take(until: nextTime)
    }
    if let inputError { throw inputError }
  }

  private var nextTime: UInt64 {
    var time = endTime ?? .max
    switch link {
    case .waiting(let until), .connecting(let until): time = min(time, until)
    case .none, .open: break
    }
    return min(time, monotonicMilliseconds() + 3_600_000)
  }

  /// When to give up. The network knows the deadline, too, and says at which step it passed, so that it may speak first.
  private var endTime: UInt64? {
    switch link {
    case .none, .waiting: window.deadline
    case .connecting, .open: window.deadline.map { $0 + Self.graceMilliseconds }
    }
  }

  // MARK: What is to be done

  private func advance() throws(ToolError) {
    let now = monotonicMilliseconds()
    admit(now)
    if let endTime, now >= endTime {
      throw giveUp(.timeout(milliseconds: settings.timeoutMilliseconds), "no answer within \(time)")
    }
    switch link {
    case .connecting(let until) where now >= until:
      try linkFailed("no connection within \(settings.attemptMilliseconds) ms", isIntegrity: false)
    case .waiting(let until) where now >= until: link = .none
    default: break
    }
    switch link {
    case .none where window.hasUnanswered: connect(now)
    case .open(let client): send(on: client, now)
    default: break
    }
  }

  private var time: String { DurationArgument(milliseconds: Int64(settings.timeoutMilliseconds)).description }

  private func admit(_ now: UInt64) {
    var released = 0
    while inputStart < input.count, window.count < Self.maximumCallCount, window.byteCount < Self.maximumByteCount {
      window.admit(input[inputStart].0, deadline: now + settings.timeoutMilliseconds)
      released += input[inputStart].weight
      inputStart += 1
    }
    if inputStart == input.count {
      input.removeAll(keepingCapacity: true)
      inputStart = 0
    }
    mailbox.release(released)
  }

  private func connect(_ now: UInt64) {
    connection += 1
    let deadline = window.deadline ?? .max
    let limit = min(settings.attemptMilliseconds, deadline > now ? deadline - now : 1)
    link = .connecting(until: now + limit + Self.graceMilliseconds)
    var transport = TransportSettings()
    transport.connectTimeoutMilliseconds = limit
    transport.handshakeTimeoutMilliseconds = limit
    transport.maximumFrameByteCount = 16 << 20
    // A method may take longer than the silence after which a connection counts as dead elsewhere.
    transport.idleTimeoutMilliseconds = max(transport.idleTimeoutMilliseconds, settings.timeoutMilliseconds + 5_000)
    let server = settings.servers[rotation.current]
    let (loop, mailbox, identity, number) = (loop, mailbox, settings.identity, connection)
    Task.detached { [transport] in
      do throws(TransportError) {
        let client = try await RPCClient.connect(
          on: loop, to: server.address, serverKey: server.key, keyPair: identity, settings: transport
        ) { mailbox.post(.disconnected(number, $0)) }
        mailbox.post(.connected(number, client))
      } catch {
        mailbox.post(.disconnected(number, error))
      }
    }
  }

  private func send(on client: RPCClient, _ now: UInt64) {
    let (numbers, bodies, deadline) = window.takeUnsent()
    guard !numbers.isEmpty else { return }
    let limit = min(settings.attemptMilliseconds, deadline > now ? deadline - now : 1)
    let (mailbox, connection) = (mailbox, connection)
    client.call(settings.method, batch: bodies, timeoutMilliseconds: limit) { index, result in
      mailbox.post(.finished(numbers[index], connection: connection, result))
    }
  }

  // MARK: What happens

  private func handle(_ event: Event) throws(ToolError) {
    switch event {
    case .requests(let requests, let weight):
      // The weight goes with the last of them: then all have gone.
      for request in requests { input.append((request, 0)) }
      if input.isEmpty { mailbox.release(weight) } else { input[input.count - 1].weight += weight }
    case .inputEnded(let error):
      inputIsOver = true
      inputError = error
    case .connected(let number, let client):
      guard number == connection, case .connecting = link else { return client.close() }
      link = .open(client)
      window.rewind()
    case .finished(let number, let connection, let result): try finished(number, connection, result)
    case .disconnected(let number, let reason):
      guard number == connection else { return }
      try linkFailed(text(of: reason), isIntegrity: reason.isIntegrityFailure)
    }
  }

  private func finished(_ number: Int, _ connection: Int, _ result: Result<[UInt8], RPCError>) throws(ToolError) {
    if case .failure(let error) = result {
      switch error.code {
      // The end of the connection is told for itself.
      case .channelClosed, .channelDestroyed: return
      case .timeoutExceeded:
        guard connection == self.connection else { return }
        return try linkFailed("no answer within \(settings.attemptMilliseconds) ms", isIntegrity: false)
      default: break
      }
    }
    if window.answer(number, result) {
      rotation.answered()
      isIntegrityFailure = false
    }
  }

  private func text(of reason: TransportError) -> String {
    switch reason {
    // This side closes a connection only after the other closed the channel on it.
    case .closed: "the server closed the RPC channel"
    default: "\(reason)"
    }
  }

  private func linkFailed(_ reason: String, isIntegrity: Bool) throws(ToolError) {
    connection += 1
    if case .open(let client) = link { client.close() }
    link = .none
    window.rewind()
    // A server may end a connection that nobody uses.
    guard window.hasUnanswered else { return }
    let server = settings.servers[rotation.current]
    let address = "\(server.address)"
    Messages.warning(reason.contains(address) ? reason : "\(address): \(reason)")
    isIntegrityFailure = isIntegrityFailure || isIntegrity
    rotation.failed(isFinal: isIntegrity)
    let failures = rotation.failureCount
    guard failures <= settings.retryCount, !rotation.isExhausted else {
      throw giveUp(.closed, failures == 1 ? "no answer" : "no answer in \(failures) attempts")
    }
    let delay = rotation.delayMilliseconds(using: &generator)
    if delay > 0 { link = .waiting(until: monotonicMilliseconds() + delay) }
  }

  private func giveUp(_ error: RPCError, _ text: String) -> ToolError {
    window.abandon(error)
    if isIntegrityFailure, rotation.isExhausted {
      return ToolError(.integrity, text, hint: "check the key and the address of the server")
    }
    let hint = settings.servers.count == 1 ? "is the server running? `rpc-call --ping` tells more" : nil
    return ToolError(.temporary, "\(settings.method): \(text)", hints: hint.map { [$0] } ?? [])
  }
}

extension TransportError {
  /// Whether the other side is not who it should be or breaks the protocol: asking again does not help.
  var isIntegrityFailure: Bool {
    switch self {
    case .secureStream, .muxer: true
    default: false
    }
  }
}
