import CompactEncoding
import Corestore
import Glibc
import HypercoreCrypto
import Protomux
import Replication
import ToolKit
import Transport

/// Replicates over standard input and output: a secure stream, a muxer and the replication in one loop around `poll`.
final class StdioReplication: MuxCarrier {
  var mux = Protomux()
  private let job: ReplicationJob
  private let allowed: Set<Fixed32>
  private let link: StdioLink
  private let watcher: StoreWatcher
  private let termination: Int32
  private var secure: SecureStream
  private var stream: ReplicationStream?
  /// Tells the other side's key.
  private let announce: (Fixed32) -> Void

  /// Output that was not taken yet.
  private var pending: [UInt8] = []
  private var pendingStart = 0
  private var wantsOutputTaken = false
  private var nextLook: UInt64 = 0
  private static let lookMilliseconds: UInt64 = 10
  private var isEnded = false
  private var lastRead: UInt64
  private var lastWrite: UInt64
  private let startTime: UInt64
  private let settings = TransportSettings()
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

  init(
    job: ReplicationJob, keyPair: KeyPair, role: StreamRole, allowed: Set<Fixed32>, storeDirectory: String,
    termination: Int32, announce: @escaping (Fixed32) -> Void
  ) throws {
    self.job = job
    self.allowed = allowed
    self.termination = termination
    self.announce = announce
    link = try StdioLink()
    watcher = StoreWatcher(directory: storeDirectory)
    var generator = SystemRandomNumberGenerator()
    secure = SecureStream(role: role, keyPair: keyPair, using: &generator)
    startTime = TransportLoop.now
    lastRead = startTime
    lastWrite = startTime
    mux.cork()
  }

  deinit { buffer.deallocate() }

  // MARK: A carrier

  func setNeedsFlush() {}

  var isWritable: Bool {
    let isWritable = pending.count - pendingStart + mux.queuedByteCount < settings.writeHighWatermarkByteCount
    if !isWritable { wantsOutputTaken = true }
    return isWritable
  }

  // MARK: Running

  /// Runs until the job is over, the other side is gone or a signal asks to end.
  func run() throws {
    defer { link.restore() }
    do {
      try loop()
      try finish()
    } catch {
      job.disconnected("\(error)", at: TransportLoop.now)
      end()
      if let error = error as? SecureStreamError {
        throw ToolError(.integrity, "the other side does not speak this protocol: \(error)")
      }
      throw error
    }
    end()
  }

  private func end() {
    stream?.closed()
    stream = nil
    job.close()
  }

  private func loop() throws {
    while job.end == nil, !isEnded {
      try flush()
      // Commits come in bursts, and most are this process's own: they are looked at now and then.
      let isLooking = TransportLoop.now >= nextLook
      let isReading = stream?.isOverloaded != true && !mux.isCongested
      var items = [
        pollfd(fd: isReading ? StdioLink.input : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: pending.isEmpty ? -1 : StdioLink.output, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: termination, events: Int16(POLLIN), revents: 0),
        pollfd(fd: isLooking ? watcher.fileDescriptor : -1, events: Int16(POLLIN), revents: 0),
      ]
      poll(&items, 4, Int32(timeToWait))
      let now = TransportLoop.now
      if items[2].revents != 0 { return }
      if items[0].revents != 0 { try read(now) }
      if items[1].revents != 0 { try write() }
      if items[3].revents != 0 || isLooking && items[0].revents == 0 && watcher.filesChanged() {
        nextLook = now + Self.lookMilliseconds
        watcher.drain()
        job.storeChanged(at: now)
      }
      if wantsOutputTaken, isWritable {
        wantsOutputTaken = false
        stream?.outputTaken()
        job.look(at: now)
      }
      try keepTime(now)
    }
  }

  /// Milliseconds until something is to be done without anything happening.
  private var timeToWait: UInt64 {
    let now = TransportLoop.now
    var deadline = min(lastWrite + settings.keepAliveMilliseconds, lastRead + settings.idleTimeoutMilliseconds)
    if stream == nil { deadline = min(deadline, startTime + settings.handshakeTimeoutMilliseconds) }
    for other in [job.nextDeadline, job.replicator.nextDeadline] { deadline = min(deadline, other ?? .max) }
    if now < nextLook { deadline = min(deadline, nextLook) }
    return min(deadline - min(now, deadline), UInt64(StoreWatcher.pollMilliseconds))
  }

  private func keepTime(_ now: UInt64) throws {
    if let deadline = job.replicator.nextDeadline, deadline <= now { job.replicator.expire(at: now) }
    job.expire(at: now)
    if stream == nil, now >= startTime + settings.handshakeTimeoutMilliseconds {
      throw ToolError(
        .temporary, "nobody answered on standard input within \(settings.handshakeTimeoutMilliseconds) ms",
        hint: "one of the two sides needs --initiator")
    }
    if now >= lastRead + settings.idleTimeoutMilliseconds {
      throw ToolError(.temporary, "nothing received for \(settings.idleTimeoutMilliseconds) ms")
    }
    if stream != nil, now >= lastWrite + settings.keepAliveMilliseconds {
      lastWrite = now
      try secure.send([])
    }
  }

  // MARK: Input

  private func read(_ now: UInt64) throws {
    let count: Int
    switch try link.read(into: buffer) {
    case .nothing: return
    case .end: return inputEnded(now)
    case .bytes(let read): count = read
    }
    lastRead = now
    secure.receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes)
    while let message = try secure.next() {
      try open(now)
      guard !message.isEmpty else { continue }
      try mux.receive(message)
      while let event = mux.nextEvent() { try handle(event, now) }
    }
    try open(now)
    job.replicator.flush()
    job.look(at: now)
  }

  /// Begins to replicate once the other side has proved its key.
  private func open(_ now: UInt64) throws {
    guard stream == nil, secure.isOpen, let outcome = secure.outcome else { return }
    guard allowed.isEmpty || allowed.contains(outcome.remotePublicKey) else {
      throw ToolError(
        .refused, "the other side's key \(KeyIdentifier.encode(outcome.remotePublicKey)) is not allowed",
        hint: "--allow admits it")
    }
    announce(outcome.remotePublicKey)
    stream = job.replicator.attach(
      self, role: secure.role, handshakeHash: outcome.handshakeHash, remotePublicKey: outcome.remotePublicKey, now: now)
    job.connected(at: now)
  }

  private func handle(_ event: MuxEvent, _ now: UInt64) throws {
    guard case .offered(let key) = event else {
      try stream?.handle(event, now: now)
      return
    }
    if try stream?.answer(key, now: now) != true { mux.reject(key) }
  }

  // MARK: Output

  private func flush() throws {
    mux.uncork(unwrapsSingle: true)
    try mux.drainFrames { frame throws(SecureStreamError) in try secure.send(frame) }
    mux.cork()
    guard secure.hasOutput else { return }
    if pending.isEmpty {
      let written: Int? = try secure.writeOutput { bytes throws(ToolError) in
        let count = try link.write(bytes)
        if let count, count < bytes.count { pending.append(contentsOf: bytes[count...]) }
        return count
      }
      if written == nil { outputEnded() }
    } else {
      secure.writeOutput { pending.append(contentsOf: $0) }
      if pending.count - pendingStart > settings.maximumOutputByteCount {
        throw ToolError(.temporary, "the other side left more than \(settings.maximumOutputByteCount) bytes unread")
      }
    }
    lastWrite = TransportLoop.now
  }

  private func write() throws {
    let written = try pending.withUnsafeBytes { bytes throws(ToolError) in
      try link.write(UnsafeRawBufferPointer(rebasing: bytes[pendingStart...]))
    }
    guard let written else { return outputEnded() }
    pendingStart += written
    if pendingStart == pending.count {
      pending.removeAll(keepingCapacity: true)
      pendingStart = 0
    } else if pendingStart > 1 << 20 {
      pending.removeSubrange(..<pendingStart)
      pendingStart = 0
    }
  }

  private func outputEnded() {
    pending = []
    pendingStart = 0
    inputEnded(TransportLoop.now)
  }

  /// The other side is gone; what it told last still counts.
  private func inputEnded(_ now: UInt64) {
    isEnded = true
    job.replicator.flush()
    job.noteLengths()
    stream?.closed()
    stream = nil
    job.disconnected("the other side closed the connection", at: now)
  }

  /// Writes what is left, says that nothing more comes, and waits a moment for the other side to say so, too.
  private func finish() throws {
    guard !isEnded else { return }
    stream?.close()
    try flush()
    let deadline = TransportLoop.now + 1_000
    while true {
      if pending.isEmpty { link.closeOutput() }
      let now = TransportLoop.now
      guard !isEnded, now < deadline else { return }
      var items = [
        pollfd(fd: StdioLink.input, events: Int16(POLLIN), revents: 0),
        pollfd(fd: pending.isEmpty ? -1 : StdioLink.output, events: Int16(POLLOUT), revents: 0),
      ]
      poll(&items, 2, Int32(deadline - now))
      if items[1].revents != 0 { try write() }
      if items[0].revents != 0, case .end = try link.read(into: buffer) { isEnded = true }
    }
  }
}
