internal import CompactEncoding

extension SecureStream {
  /// Takes bytes that were read from the transport. Call ``next()`` until it gives nil, before the next read.
  public mutating func receive(_ bytes: [UInt8]) { receive(bytes.span.bytes) }

  /// Takes bytes that were read from the transport.
  public mutating func receive(_ bytes: RawSpan) {
    if case .failed = phase { return }
    bytes.withUnsafeBytes { input.append(contentsOf: $0) }
  }

  /// Bytes received and not yet part of a message.
  public var bufferedCount: Int { input.count - inputOffset }

  /// The next message, or nil until more bytes arrive.
  ///
  /// - Throws: the error that ends the stream, and again on every later call.
  public mutating func next() throws(SecureStreamError) -> [UInt8]? {
    do {
      return try decode()
    } catch {
      phase = .failed(error)
      input = []
      inputOffset = 0
      throw error
    }
  }

  private mutating func decode() throws(SecureStreamError) -> [UInt8]? {
    while let frame = try nextFrame() {
      switch phase {
      case .handshake(let handshake):
        try receiveHandshake(Array(input[frame]), handshake)
      case .header(let outcome):
        try receiveHeader(Array(input[frame]), outcome)
      case .open:
        return try open(frame)
      case .failed(let error):
        throw error
      }
    }
    return nil
  }

  /// Where the next complete frame lies in the input, which moves behind it.
  private mutating func nextFrame() throws(SecureStreamError) -> Range<Int>? {
    if case .failed(let error) = phase { throw error }
    let available = input.count - inputOffset
    if available < 3 {
      compact()
      return nil
    }
    let start = inputOffset + 3
    let count = Int(input[start - 3]) | Int(input[start - 2]) << 8 | Int(input[start - 1]) << 16
    try check(count)
    guard available - 3 >= count else {
      compact()
      return nil
    }
    inputOffset = start + count
    return start..<start + count
  }

  /// Refuses a frame by its length alone.
  private func check(_ count: Int) throws(SecureStreamError) {
    switch phase {
    case .handshake(let handshake):
      let limit = handshake.nextMessageCount()
      guard count <= limit else { throw .frameTooLong(limit: limit, found: count) }
    case .header:
      guard count == Self.headerFrameCount else { throw .invalidHeaderCount(count) }
    case .open:
      guard count >= SecretStream.overhead else { throw .messageTooShort(count) }
      guard count <= maximumFrameCount else { throw .frameTooLong(limit: maximumFrameCount, found: count) }
    case .failed(let error):
      throw error
    }
  }

  /// Drops what was consumed from the front of the input.
  private mutating func compact() {
    if inputOffset == input.count {
      input.removeAll(keepingCapacity: input.capacity <= 1 << 18)
    } else if inputOffset > 0 {
      input.removeFirst(inputOffset)
    }
    inputOffset = 0
  }

  private mutating func open(_ frame: Range<Int>) throws(SecureStreamError) -> [UInt8] {
    let message = input.withUnsafeBytes { pull?.open(UnsafeRawBufferPointer(rebasing: $0[frame])) }
    guard let message else { throw .authenticationFailed }
    return message
  }

  /// Seals a message at the end of the output.
  mutating func seal(_ message: UnsafeRawBufferPointer) {
    let count = message.count + SecretStream.overhead
    var stream = push.take()
    output.append(byteCount: 3 + count) { target in
      for i in 0..<3 { target[i] = UInt8(truncatingIfNeeded: count >> (8 * i)) }
      stream?.seal(message, into: UnsafeMutableRawBufferPointer(rebasing: target[3...]))
    }
    push = stream
  }

  /// Whether there are bytes to write.
  public var hasOutput: Bool { !output.isEmpty }

  /// Everything that has to be written, in order; it is not kept.
  public mutating func takeOutput() -> [UInt8] {
    defer { output.removeAll() }
    return output.bytes
  }

  /// Hands everything that has to be written to `body` without a copy; it is not kept afterwards.
  public mutating func writeOutput<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    defer { output.removeAll() }
    return try output.withUnsafeBytes(body)
  }
}
