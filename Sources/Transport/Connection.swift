internal import CompactEncoding
public import HypercoreCrypto
internal import NIOCore
public import Protomux
internal import Synchronization

/// One secure connection: socket, secure stream, muxer, and the session that uses them.
///
/// Everything but ``execute(_:)`` belongs to the connection's event loop, where sessions are called.
public final class Connection: MuxCarrier, @unchecked Sendable {
  typealias MakeSession = (Peer, Connection) -> (any ConnectionSession)?

  /// The muxer. What is sent on it leaves with the next ``flush()``, which follows every read by itself.
  public var mux: Protomux
  /// The other side, once it proved its key.
  public private(set) var peer: Peer?
  /// Which side this is.
  public var role: StreamRole { stream.role }
  /// 64 bytes that identify the connection; empty until the handshake is complete.
  public var handshakeHash: [UInt8] { stream.outcome?.handshakeHash ?? [] }
  /// Why the connection is closed, nil while it is not.
  public private(set) var closeReason: TransportError?

  let settings: TransportSettings
  let address: TransportAddress
  let eventLoop: any EventLoop
  private let channel: any NIOCore.Channel
  private let budget: ConnectionBudget
  private let makeSession: MakeSession
  private let onEnd: (Connection, TransportError) -> Void
  private var stream: SecureStream
  private(set) var session: (any ConnectionSession)?

  private var isReading = false
  private var flushIsScheduled = false
  private var takenIsScheduled = false
  private var isPaused = false
  private var countedInput = 0
  private let startTime: UInt64
  private var lastRead: UInt64
  private var lastWrite: UInt64
  /// When the socket last took output.
  private var lastTaken: UInt64
  private var closeTime = UInt64.max
  private var isEnding = false
  private var alarm: Scheduled<Void>?
  private var alarmTime = UInt64.max
  private let isGone = Atomic(false)
  /// Called after the session heard of the end.
  var onClose: ((TransportError) -> Void)?

  init(
    channel: any NIOCore.Channel, address: TransportAddress, stream: SecureStream, settings: TransportSettings,
    budget: ConnectionBudget, makeSession: @escaping MakeSession,
    onEnd: @escaping (Connection, TransportError) -> Void
  ) {
    self.channel = channel
    eventLoop = channel.eventLoop
    self.address = address
    self.stream = stream
    self.settings = settings
    self.budget = budget
    self.makeSession = makeSession
    self.onEnd = onEnd
    startTime = milliseconds()
    lastRead = startTime
    lastWrite = startTime
    lastTaken = startTime
    mux = Protomux()
    mux.cork()
    budget.connectionCount += 1
    budget.handshakeCount += 1
  }

  /// The time, in milliseconds, on the clock of deadlines; while a read is handled, that at which it began.
  public var now: UInt64 { isReading ? lastRead : milliseconds() }

  /// Runs `body` on the event loop: at once when called there, else soon. Once the connection is closed, whose event loop
  /// may be gone, `body` runs at once; it must not change anything then.
  public func execute(_ body: @escaping @Sendable (Connection) -> Void) {
    if eventLoop.inEventLoop || isGone.load(ordering: .acquiring) {
      body(self)
    } else {
      eventLoop.execute { body(self) }
    }
  }

  // MARK: From the socket

  func start() {
    flush()
    armAlarm()
  }

  func read(_ buffer: ByteBuffer) {
    guard closeReason == nil else { return }
    isReading = true
    lastRead = milliseconds()
    buffer.withUnsafeReadableBytes { stream.receive($0.bytes) }
    do {
      while let message = try stream.next() {
        openSession()
        guard closeReason == nil, !message.isEmpty else { continue }
        try mux.receive(message)
        while let event = mux.nextEvent() { try session?.handle(event, on: self) }
      }
      openSession()
      countInput()
    } catch {
      fail(TransportError(error))
    }
  }

  func readCompleted() {
    isReading = false
    guard closeReason == nil else { return }
    session?.readCompleted(on: self)
    flush()
  }

  /// Makes the session once the other side proved its key.
  private func openSession() {
    guard peer == nil, stream.isOpen, closeReason == nil, let outcome = stream.outcome else { return }
    let peer = Peer(publicKey: outcome.remotePublicKey, address: address)
    self.peer = peer
    budget.handshakeCount -= 1
    guard let session = makeSession(peer, self) else { return fail(.notAdmitted) }
    self.session = session
    armAlarm()
  }

  private func countInput() {
    let count = stream.bufferedCount
    budget.inputByteCount += count - countedInput
    countedInput = count
    if budget.inputByteCount > settings.maximumBufferedByteCount {
      fail(.tooMuchInput(limit: settings.maximumBufferedByteCount))
    }
  }

  // MARK: To the socket

  /// Has everything written that was sent on the muxer: with the read that is being handled, or soon, together with what
  /// else is sent until then.
  public func setNeedsFlush() {
    guard !isReading, !flushIsScheduled, closeReason == nil else { return }
    flushIsScheduled = true
    eventLoop.execute { [self] in
      flushIsScheduled = false
      flush()
    }
  }

  /// Writes everything that was sent on the muxer.
  public func flush() {
    guard closeReason == nil else { return }
    // What is sent after the end is for nobody.
    guard !isEnding else { return armAlarm() }
    mux.uncork(unwrapsSingle: true)
    do {
      try mux.drainFrames { frame throws(SecureStreamError) in try stream.send(frame) }
    } catch {
      return fail(.secureStream(error))
    }
    mux.cork()
    if stream.hasOutput {
      let buffer = stream.writeOutput { bytes in
        var buffer = channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        return buffer
      }
      lastWrite = milliseconds()
      outputByteCount += buffer.readableBytes
      budget.outputByteCount += buffer.readableBytes
      guard outputByteCount <= settings.maximumOutputByteCount else {
        return fail(.tooMuchOutput(limit: settings.maximumOutputByteCount))
      }
      write(buffer)
    }
    updateReading()
    armAlarm()
  }

  /// Whether the other side takes output as fast as it is made: no more than
  /// ``TransportSettings/writeHighWatermarkByteCount`` waits, and not too much on all connections together. Sessions are
  /// told when it turns true again.
  public var isWritable: Bool {
    let waiting = mux.queuedByteCount + outputByteCount
    let isWritable =
      waiting < settings.writeHighWatermarkByteCount
      && (budget.outputByteCount < settings.maximumBufferedByteCount || waiting < 65_536)
    if !isWritable { wantsOutputTaken = true }
    return isWritable
  }

  /// Whether the session found that it should not send more.
  private var wantsOutputTaken = false

  /// Bytes handed to the socket that it did not take yet.
  private var outputByteCount = 0

  private func write(_ buffer: ByteBuffer) {
    let count = buffer.readableBytes
    channel.writeAndFlush(buffer).assumeIsolated().whenComplete { [self] result in
      outputByteCount -= count
      budget.outputByteCount -= count
      lastTaken = milliseconds()
      if case .failure(let error) = result { return fail(TransportError(error)) }
      if isEnding { return endOutput() }
      if wantsOutputTaken || isPaused { outputTaken() }
    }
  }

  /// Lets the session go on sending. Not at once: this may be the middle of a write, and what is sent now may be taken at
  /// once, too.
  private func outputTaken() {
    guard !takenIsScheduled else { return }
    takenIsScheduled = true
    eventLoop.execute { [self] in
      takenIsScheduled = false
      guard closeReason == nil, isWritable else { return }
      wantsOutputTaken = false
      session?.outputTaken(on: self)
      flush()
    }
  }

  /// Milliseconds since something was received.
  var silenceMilliseconds: UInt64 { milliseconds() - lastRead }

  /// Sends an empty message, so that a connection the other side does not know any more ends soon.
  func probe() {
    guard closeReason == nil else { return }
    try? stream.send([])
    flush()
  }

  private func updateReading() {
    guard closeReason == nil else { return }
    let pause = mux.isCongested || session?.isOverloaded == true
    guard pause != isPaused else { return }
    isPaused = pause
    try? channel.syncOptions?.setOption(.autoRead, value: !pause)
  }

  /// Writes what was sent and tells the other side that nothing more comes, then closes the connection when the other side
  /// did or after a second, whichever is first: a socket that is closed with unread input takes back what was written last.
  public func closeGracefully() {
    guard closeReason == nil, !isEnding else { return }
    flush()
    isEnding = true
    closeTime = min(closeTime, now + 1_000)
    armAlarm()
    endOutput()
  }

  /// Ends the output once the socket has taken all of it.
  private func endOutput() {
    guard isEnding, outputByteCount == 0, closeReason == nil else { return }
    channel.close(mode: .output, promise: nil)
  }

  /// Closes the connection now.
  public func close() { fail(.closed) }

  /// A part of the session finished what it had begun: closes the connection if it is being drained and all have.
  public func partDrained() { (session as? ConnectionRouter)?.closeIfDrained(self) }

  func fail(_ reason: TransportError) {
    guard closeReason == nil else { return }
    closeReason = reason
    alarm?.cancel()
    alarm = nil
    budget.connectionCount -= 1
    if peer == nil { budget.handshakeCount -= 1 }
    budget.inputByteCount -= countedInput
    channel.close(promise: nil)
    session?.closed(reason)
    onClose?(reason)
    onClose = nil
    onEnd(self, reason)
    session = nil
    isGone.store(true, ordering: .releasing)
  }

  // MARK: Time

  private var nextAlarmTime: UInt64 {
    guard peer != nil else { return startTime + settings.handshakeTimeoutMilliseconds }
    let own = min(lastRead + settings.idleTimeoutMilliseconds, lastWrite + settings.keepAliveMilliseconds, closeTime)
    return min(own, session?.nextDeadline ?? .max)
  }

  /// Sets the alarm unless an earlier one is set; an alarm that rings too early sets itself again.
  private func armAlarm() {
    guard closeReason == nil else { return }
    let time = nextAlarmTime
    guard time < alarmTime else { return }
    alarm?.cancel()
    alarmTime = time
    let deadline = NIODeadline.uptimeNanoseconds(min(time, UInt64.max / 2_000_000) * 1_000_000)
    alarm = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in ring() }
  }

  private func ring() {
    alarm = nil
    alarmTime = .max
    guard closeReason == nil else { return }
    let now = milliseconds()
    guard peer != nil else {
      if now >= nextAlarmTime { return fail(.handshakeTimeout(milliseconds: settings.handshakeTimeoutMilliseconds)) }
      return armAlarm()
    }
    if now >= closeTime { return close() }
    // While reading is paused nothing can be heard: then the other side has to take output, or waits for this one.
    if isPaused { lastRead = outputByteCount == 0 ? now : max(lastRead, lastTaken) }
    if now >= lastRead + settings.idleTimeoutMilliseconds {
      return fail(.idleTimeout(milliseconds: settings.idleTimeoutMilliseconds))
    }
    if let deadline = session?.nextDeadline, now >= deadline { session?.expire(at: now, on: self) }
    if closeReason == nil, now >= lastWrite + settings.keepAliveMilliseconds {
      do { try stream.send([]) } catch { return fail(.secureStream(error)) }
    }
    flush()
    armAlarm()
  }
}

/// What the connections of one listener use together. Belongs to the event loop.
final class ConnectionBudget: @unchecked Sendable {
  var connectionCount = 0
  var handshakeCount = 0
  var inputByteCount = 0
  /// Handed to sockets that did not take it yet.
  var outputByteCount = 0
}
