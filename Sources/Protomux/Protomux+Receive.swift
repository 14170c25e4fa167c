internal import CompactEncoding

extension Protomux {
  /// Takes one frame: one message of the stream below. What it means is found with ``nextEvent()``.
  ///
  /// - Throws: what ends the connection; the frame's earlier parts may have taken effect.
  public mutating func receive(_ frame: [UInt8]) throws(ProtomuxError) {
    guard !frame.isEmpty else { return }
    let (channel, start) = try Self.read(frame[...])
    if channel != 0 { return try message(channel, frame[start...]) }
    let (control, body) = try Self.read(frame[start...])
    if control == 0 { try batch(frame[body...]) } else { try self.control(control, frame[body...]) }
  }

  /// The number at the start of `bytes` and the position behind it.
  static func read(_ bytes: ArraySlice<UInt8>) throws(ProtomuxError) -> (value: UInt64, end: Int) {
    var reader = Reader(bytes.span.bytes)
    do {
      let value = try reader.uint()
      return (value, bytes.startIndex + reader.position)
    } catch {
      throw .decoding(error)
    }
  }

  private mutating func batch(_ bytes: ArraySlice<UInt8>) throws(ProtomuxError) {
    var (channel, position) = try Self.read(bytes)
    var messageCount = 0
    while position < bytes.endIndex {
      let (count, start) = try Self.read(bytes[position...])
      if count == 0 {
        (channel, position) = try Self.read(bytes[start...])
        continue
      }
      guard count <= UInt64(bytes.endIndex - start) else {
        throw .decoding(.outOfBounds(needed: count, remaining: bytes.endIndex - start))
      }
      messageCount += 1
      guard messageCount <= limits.batchMessageCount else { throw .tooManyMessages(limit: limits.batchMessageCount) }
      position = start + Int(count)
      let body = bytes[start..<position]
      if channel != 0 {
        try message(channel, body)
      } else {
        let (control, rest) = try Self.read(body)
        guard control != 0 else { throw .nestedBatch }
        try self.control(control, body[rest...])
      }
    }
  }

  /// A message of the other side's channel `identifier`.
  private mutating func message(_ identifier: UInt64, _ body: ArraySlice<UInt8>) throws(ProtomuxError) {
    guard identifier <= UInt64(remote.count) else { return }
    let slot = Int(identifier) - 1
    switch remote[slot] {
    case .free:
      return
    case .paired(let localID):
      guard let channel = local[localID - 1] else { return }
      let (type, start) = try Self.read(body)
      events.append(.message(channel.handle, type: type, payload: body[start...]))
    case .waiting(var channel):
      guard !channel.isClosed else { return }
      waitingByteCount += WaitingChannel.messageOverhead + body.count
      guard waitingByteCount <= limits.maximumWaitingByteCount else {
        throw .tooManyWaitingBytes(limit: limits.maximumWaitingByteCount)
      }
      remote[slot] = .free
      // A copy: a slice would keep the whole frame in memory, which the count above does not cover.
      channel.messages.append(ArraySlice(Array(body)))
      remote[slot] = .waiting(channel)
    }
  }

  private mutating func control(_ type: UInt64, _ body: ArraySlice<UInt8>) throws(ProtomuxError) {
    switch type {
    case 1: try receiveOpen(body)
    case 2: try receiveReject(try Self.read(body).value)
    case 3: receiveClose(try Self.read(body).value)
    default: return
    }
  }

  private mutating func receiveOpen(_ body: ArraySlice<UInt8>) throws(ProtomuxError) {
    var reader = Reader(body.span.bytes)
    let identifier: UInt64
    let key: PairKey
    do {
      identifier = try reader.uint()
      key = PairKey(try reader.string(), try reader.buffer())
    } catch {
      throw .decoding(error)
    }
    let handshake = body[(body.startIndex + reader.position)...]
    guard identifier > 0, identifier <= UInt64(remote.count) + 1 else {
      throw .invalidOpen(identifier: identifier, count: remote.count)
    }
    guard identifier <= UInt64(limits.channelCount) else { throw .tooManyChannels(limit: limits.channelCount) }
    if identifier > UInt64(remote.count) { remote.append(.free) }
    let remoteID = Int(identifier)
    guard case .free = remote[remoteID - 1] else { throw .invalidOpen(identifier: identifier, count: remote.count) }
    try pair(remoteID, canonical(key), offeredAs: key, handshake)
  }
}
