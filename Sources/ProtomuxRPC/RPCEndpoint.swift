internal import CompactEncoding
public import Protomux

/// One end of an RPC channel: caller and answerer.
///
/// The owner passes the muxer to what sends, hands in what the muxer says about ``channel``, and keeps the time: it calls
/// ``expire(at:)`` no later than ``nextDeadline``, on any millisecond clock that does not go back.
public struct RPCEndpoint: Sendable {
  private struct Call: Sendable {
    let deadline: UInt64
    let timeoutMilliseconds: UInt64
  }

  /// The channel.
  public let channel: MuxChannel
  /// Whether the channel was closed.
  public private(set) var isClosed = false
  /// Requests of the other side that were not answered yet.
  public private(set) var unansweredCount = 0

  private var calls: [UInt64: Call] = [:]
  private var lastID: UInt64 = 0
  private var earliest = UInt64.max
  private var isEnding = false

  /// The end of a channel that was just opened.
  public init(channel: MuxChannel) { self.channel = channel }

  /// Calls of this side that have no response yet.
  public var callCount: Int { calls.count }

  // MARK: Calling

  /// Calls a method.
  ///
  /// - Parameters:
  ///   - timeoutMilliseconds: after which the call fails here; nil waits as long as the channel lives.
  ///   - now: the time, on the clock of ``expire(at:)``.
  /// - Returns: the number under which the call finishes.
  /// - Throws: `closed`, or `encodeError` when the value fits no frame.
  public mutating func call(
    _ method: String, _ value: [UInt8], timeoutMilliseconds: UInt64? = nil, now: UInt64 = 0, on mux: inout Protomux
  ) throws(RPCError) -> UInt64 {
    guard !isClosed, !isEnding else { throw .closed }
    let id = lastID + 1
    try send(RPCRequest(id: id, method: method, value: value), type: 0, on: &mux)
    lastID = id
    let deadline = timeoutMilliseconds.map { now.addingReportingOverflow($0) }
    let call = Call(
      deadline: deadline.map { $0.overflow ? .max : $0.partialValue } ?? .max,
      timeoutMilliseconds: timeoutMilliseconds ?? .max)
    calls[id] = call
    earliest = min(earliest, call.deadline)
    return id
  }

  /// Calls a method without an answer.
  public mutating func notify(_ method: String, _ value: [UInt8], on mux: inout Protomux) throws(RPCError) {
    guard !isClosed, !isEnding else { throw .closed }
    try send(RPCRequest(id: 0, method: method, value: value), type: 0, on: &mux)
  }

  /// Forgets a call: a response that still comes is ignored. The other side is not told.
  ///
  /// - Returns: whether the call was waiting.
  @discardableResult
  public mutating func cancel(_ id: UInt64, on mux: inout Protomux) -> Bool {
    guard calls.removeValue(forKey: id) != nil else { return false }
    closeIfDone(&mux)
    return true
  }

  // MARK: Answering

  /// Answers a request of the other side. Answers to events, and on a closed channel, go nowhere.
  public mutating func respond(to id: UInt64, _ result: Result<[UInt8], RPCError>, on mux: inout Protomux) {
    guard id != 0, unansweredCount > 0 else { return }
    unansweredCount -= 1
    guard !isClosed else { return }
    do {
      try send(RPCResponse(id: id, result), type: 1, on: &mux)
    } catch {
      try? send(RPCResponse(id: id, .failure(error)), type: 1, on: &mux)
    }
    closeIfDone(&mux)
  }

  // MARK: What happens

  /// Takes a message of the channel; nil when it means nothing here: an unknown type, a response nobody waits for.
  ///
  /// - Throws: when it cannot be read. The connection has to end then.
  public mutating func receive(
    type: UInt64, payload: ArraySlice<UInt8>, on mux: inout Protomux
  ) throws(ProtomuxError) -> RPCEvent? {
    guard !isClosed, type <= 1 else { return nil }
    do {
      if type == 0 {
        let request = try RPCRequest(decoding: payload.span.bytes)
        if !request.isEvent { unansweredCount += 1 }
        return .request(request)
      }
      let response = try RPCResponse(decoding: payload.span.bytes)
      guard calls.removeValue(forKey: response.id) != nil else { return nil }
      if calls.isEmpty { earliest = .max }
      closeIfDone(&mux)
      return .finished(id: response.id, response.result)
    } catch {
      throw .decoding(error)
    }
  }

  /// Fails every call because the channel closed.
  public mutating func closed(_ error: RPCError = .closed) -> [RPCEvent] {
    isClosed = true
    let failed = calls.keys.sorted().map { RPCEvent.finished(id: $0, .failure(error)) }
    calls = [:]
    earliest = .max
    return failed
  }

  /// Closes the channel once every call has finished and every request was answered; no new call is possible.
  public mutating func end(on mux: inout Protomux) {
    isEnding = true
    closeIfDone(&mux)
  }

  /// Closes the channel now.
  public mutating func destroy(on mux: inout Protomux) -> [RPCEvent] {
    guard !isClosed else { return [] }
    mux.close(channel)
    return closed(.destroyed)
  }

  // MARK: Time

  /// When ``expire(at:)`` has to be called, in milliseconds; it may turn out that nothing expires then.
  public var nextDeadline: UInt64? { earliest == .max ? nil : earliest }

  /// Fails the calls whose time has come, oldest first.
  public mutating func expire(at now: UInt64, on mux: inout Protomux) -> [RPCEvent] {
    guard earliest <= now, earliest != .max else { return [] }
    let expired = calls.filter { $0.value.deadline <= now }.sorted { $0.key < $1.key }
    for (id, _) in expired { calls[id] = nil }
    earliest = calls.values.reduce(.max) { min($0, $1.deadline) }
    closeIfDone(&mux)
    return expired.map { id, call in
      .finished(id: id, .failure(.timeout(milliseconds: call.timeoutMilliseconds)))
    }
  }

  // MARK: Parts

  private func send(
    _ message: some CompactEncodable, type: UInt64, on mux: inout Protomux
  ) throws(RPCError) {
    var size = Size()
    message.measure(&size)
    do {
      try mux.send(type: type, byteCount: size.count, on: channel) { message.encode(into: &$0) }
    } catch {
      switch error {
      case .messageTooLong: throw .unencodable(.init(error.description))
      default: throw .closed
      }
    }
  }

  private mutating func closeIfDone(_ mux: inout Protomux) {
    guard isEnding, !isClosed, calls.isEmpty, unansweredCount == 0 else { return }
    isClosed = true
    mux.close(channel)
  }
}
