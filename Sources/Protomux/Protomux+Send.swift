public import CompactEncoding

extension Protomux {
  /// Sends message `type` with `payload` on a channel.
  ///
  /// - Throws: `channelClosed`, or `messageTooLong` when no frame can hold it.
  public mutating func send(_ payload: [UInt8], type: UInt64, on channel: MuxChannel) throws(ProtomuxError) {
    try send(type: type, byteCount: payload.count, on: channel) { $0.raw(payload) }
  }

  /// Sends message `type`, whose payload of exactly `byteCount` bytes `encode` writes in place.
  ///
  /// - Throws: `channelClosed`, or `messageTooLong` when no frame can hold it.
  public mutating func send(
    type: UInt64, byteCount: Int, on channel: MuxChannel, encode: (inout Writer) -> Void
  ) throws(ProtomuxError) {
    guard known(channel) != nil else { throw .channelClosed }
    let count = uintSize(type) + byteCount
    try checkMessage(count)
    append(to: channel.localID, byteCount: count) { writer in
      writer.uint(type)
      encode(&writer)
    }
  }

  /// Collects everything that is sent from now on into one batch, until ``uncork()`` was called as often.
  public mutating func cork() { corkCount += 1 }

  /// Ends a ``cork()``; the last one makes the batch a frame.
  ///
  /// - Parameter unwrapsSingle: send a batch with one body as the plain frame it would have been.
  public mutating func uncork(unwrapsSingle: Bool = false) {
    precondition(corkCount > 0, "uncork follows cork")
    corkCount -= 1
    if corkCount == 0 { endBatch(unwrapsSingle: unwrapsSingle) }
  }

  /// Whether there are frames to send.
  public var hasFrames: Bool { !frameRanges.isEmpty }

  /// Hands every finished frame to `body`, in order, without a copy; they are not kept.
  public mutating func drainFrames<E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> Void) throws(E) {
    guard !frameRanges.isEmpty else { return }
    precondition(batchChannel == nil, "frames are taken while the muxer is not corked")
    defer {
      frames.removeAll()
      frameRanges.removeAll(keepingCapacity: true)
      frameStart = 0
    }
    try frames.withUnsafeBytes { bytes throws(E) in
      for range in frameRanges { try body(UnsafeRawBufferPointer(rebasing: bytes[range])) }
    }
  }

  /// Every finished frame, in order; they are not kept.
  public mutating func takeFrames() -> [[UInt8]] {
    var taken: [[UInt8]] = []
    drainFrames { taken.append(Array($0)) }
    return taken
  }

  /// Bytes that wait to be sent.
  public var queuedByteCount: Int { frames.count }

  mutating func sendOpen(_ localID: Int, _ key: PairKey, _ handshake: [UInt8]) {
    var size = Size()
    size.uint(1)
    size.uint(UInt64(localID))
    size.string(key.protocolName)
    size.buffer(key.identifier)
    size.raw(handshake.count)
    append(to: 0, byteCount: size.count) { writer in
      writer.uint(1)
      writer.uint(UInt64(localID))
      writer.string(key.protocolName)
      writer.buffer(key.identifier)
      writer.raw(handshake)
    }
  }

  mutating func sendControl(_ type: UInt64, _ identifier: Int) {
    append(to: 0, byteCount: 1 + uintSize(UInt64(identifier))) { writer in
      writer.uint(type)
      writer.uint(UInt64(identifier))
    }
  }

  /// Refuses a body that no frame could hold, alone in a batch or not.
  func checkMessage(_ byteCount: Int) throws(ProtomuxError) {
    let limit = limits.frameByteCount - Self.batchOverhead
    guard byteCount <= limit else { throw .messageTooLong(limit: limit, found: byteCount) }
  }

  /// Most bytes that a batch adds to its first body: two zeros, the channel, the length.
  private static var batchOverhead: Int { 2 + 9 + 9 }

  /// Appends a body: as a frame of its own, or to the batch while corked.
  private mutating func append(to channel: Int, byteCount: Int, _ encode: (inout Writer) -> Void) {
    let identifier = UInt64(channel)
    guard corkCount > 0 else {
      frames.append(byteCount: uintSize(identifier) + byteCount) { writer in
        writer.uint(identifier)
        encode(&writer)
      }
      endFrame()
      return
    }
    let added = Self.batchOverhead + byteCount
    if batchChannel != nil, frames.count - frameStart + added > limits.frameByteCount { endBatch() }
    let isFirst = batchChannel == nil
    let switches = batchChannel != channel
    let head = switches ? (isFirst ? 2 : 1) + uintSize(identifier) : 0
    frames.append(byteCount: head + uintSize(UInt64(byteCount)) + byteCount) { writer in
      if switches {
        if isFirst { writer.uint(0) }
        writer.uint(0)
        writer.uint(identifier)
      }
      writer.uint(UInt64(byteCount))
      encode(&writer)
    }
    batchChannel = channel
    onlyBodyStart = isFirst ? frames.count - byteCount : nil
    if frames.count - frameStart >= limits.batchByteCount { endBatch() }
  }

  private mutating func endBatch(unwrapsSingle: Bool = false) {
    guard let channel = batchChannel else { return }
    batchChannel = nil
    if unwrapsSingle, let start = onlyBodyStart {
      // The channel goes right in front of the body; what a batch puts there is longer.
      let identifier = UInt64(channel)
      frameStart = start - uintSize(identifier)
      frames.overwrite(at: frameStart, byteCount: uintSize(identifier)) { $0.uint(identifier) }
    }
    endFrame()
  }

  private mutating func endFrame() {
    frameRanges.append(frameStart..<frames.count)
    frameStart = frames.count
  }
}
