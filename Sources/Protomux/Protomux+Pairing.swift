internal import CompactEncoding

extension Protomux {
  /// The key under which an alias is kept.
  func canonical(_ key: PairKey) -> PairKey { aliases.isEmpty ? key : aliases[key] ?? key }

  /// Pairs an OPEN of the other side with the oldest of ours under its key, or offers it.
  mutating func pair(
    _ remoteID: Int, _ key: PairKey, offeredAs offered: PairKey, _ handshake: ArraySlice<UInt8>
  ) throws(ProtomuxError) {
    guard let localID = pairs[key]?.outgoing.first else {
      pairs[key, default: Pair()].incoming.append(remoteID)
      waitingByteCount += WaitingChannel.messageOverhead + handshake.count
      guard waitingByteCount <= limits.maximumWaitingByteCount else {
        throw .tooManyWaitingBytes(limit: limits.maximumWaitingByteCount)
      }
      remote[remoteID - 1] = .waiting(WaitingChannel(handshake: ArraySlice(Array(handshake))))
      events.append(.offered(offered))
      return
    }
    pairs[key]?.outgoing.removeFirst()
    guard var channel = local[localID - 1], channel.state == .halfOpen else {
      // We closed before this answer came; the other side frees the id when it reads our CLOSE.
      free(localID)
      removeIfEmpty(key)
      return
    }
    channel.state = .open
    channel.remoteID = remoteID
    local[localID - 1] = channel
    remote[remoteID - 1] = .paired(localID)
    events.append(.opened(channel.handle, handshake: handshake))
  }

  /// Opens a channel: answers the oldest OPEN of the other side under that key if there is one, and waits for an answer
  /// otherwise. Messages may be sent at once.
  ///
  /// - Parameters:
  ///   - aliases: other protocol names under which the other side may open the same channel.
  ///   - handshake: bytes the other side gets with the opening.
  ///   - isUnique: refuse when this side has such a channel open.
  /// - Throws: `duplicateChannel`, `tooManyChannels`, `messageTooLong`.
  public mutating func open(
    _ key: PairKey, aliases names: [String] = [], handshake: [UInt8] = [], isUnique: Bool = true
  ) throws(ProtomuxError) -> MuxChannel {
    if isUnique, let pair = pairs[key], pair.openCount > 0 { throw .duplicateChannel(key) }
    guard freeLocalIDs.last != nil || local.count < limits.channelCount else {
      throw .tooManyChannels(limit: limits.channelCount)
    }
    var size = Size()
    size.uint(UInt64(local.count + 1))
    size.string(key.protocolName)
    size.buffer(key.identifier)
    size.raw(handshake.count)
    try checkMessage(size.count)

    let localID = allocate()
    generation &+= 1
    let handle = MuxChannel(localID: localID, generation: generation)
    local[localID - 1] = LocalChannel(handle: handle, key: key, state: .halfOpen, remoteID: 0)
    pairs[key, default: Pair()].openCount += 1
    addAliases(names, of: key)
    sendOpen(localID, key, handshake)

    if let remoteID = pairs[key]?.incoming.first {
      pairs[key]?.incoming.removeFirst()
      answer(remoteID, with: localID)
    } else {
      pairs[key]?.outgoing.append(localID)
    }
    return handle
  }

  /// Binds our channel to an OPEN that waited, and delivers what came behind it.
  private mutating func answer(_ remoteID: Int, with localID: Int) {
    guard case .waiting(let waiting) = remote[remoteID - 1], var channel = local[localID - 1] else { return }
    waitingByteCount -= waiting.byteCount + WaitingChannel.messageOverhead + waiting.handshake.count
    channel.state = .open
    channel.remoteID = remoteID
    local[localID - 1] = channel
    remote[remoteID - 1] = .paired(localID)
    events.append(.opened(channel.handle, handshake: waiting.handshake))
    for body in waiting.messages {
      // A body without a type was accepted when it arrived; it says nothing.
      guard let (type, start) = try? Self.read(body) else { continue }
      events.append(.message(channel.handle, type: type, payload: body[start...]))
    }
    if waiting.isClosed { receiveClose(UInt64(remoteID)) }
  }

  /// Answers every waiting OPEN of the other side under that key with REJECT.
  public mutating func reject(_ key: PairKey) {
    let key = canonical(key)
    for remoteID in pairs[key]?.incoming ?? [] {
      if case .waiting(let waiting) = remote[remoteID - 1] {
        waitingByteCount -= waiting.byteCount + WaitingChannel.messageOverhead + waiting.handshake.count
      }
      remote[remoteID - 1] = .free
      sendControl(2, remoteID)
    }
    pairs[key]?.incoming = []
    removeIfEmpty(key)
  }

  /// Closes a channel; does nothing when it is closed already. A `closed` event follows.
  public mutating func close(_ channel: MuxChannel) {
    guard let known = known(channel) else { return }
    sendControl(3, known.handle.localID)
    finish(known, isRemote: false)
  }

  /// The state of a channel that is not closed.
  func known(_ channel: MuxChannel) -> LocalChannel? {
    guard channel.localID <= local.count, let known = local[channel.localID - 1] else { return nil }
    return known.handle == channel && known.state != .closed ? known : nil
  }

  mutating func receiveReject(_ identifier: UInt64) throws(ProtomuxError) {
    guard identifier > 0, identifier <= UInt64(local.count), let channel = local[Int(identifier) - 1],
      let index = pairs[channel.key]?.outgoing.firstIndex(of: Int(identifier))
    else { throw .invalidReject(identifier: identifier) }
    pairs[channel.key]?.outgoing.remove(at: index)
    if channel.state == .closed {
      free(channel.handle.localID)
      removeIfEmpty(channel.key)
    } else {
      finish(channel, isRemote: true)
    }
  }

  mutating func receiveClose(_ identifier: UInt64) {
    guard identifier > 0, identifier <= UInt64(remote.count) else { return }
    switch remote[Int(identifier) - 1] {
    case .free: return
    case .waiting(var waiting):
      waiting.isClosed = true
      remote[Int(identifier) - 1] = .waiting(waiting)
    case .paired(let localID):
      if let channel = local[localID - 1] { finish(channel, isRemote: true) }
    }
  }

  /// Ends a channel and frees its ids, as far as nobody may still refer to them.
  private mutating func finish(_ channel: LocalChannel, isRemote: Bool) {
    let localID = channel.handle.localID
    if channel.state == .open { remote[channel.remoteID - 1] = .free }
    if pairs[channel.key]?.outgoing.contains(localID) == true {
      local[localID - 1]?.state = .closed
    } else {
      free(localID)
    }
    pairs[channel.key]?.openCount -= 1
    removeIfEmpty(channel.key)
    events.append(.closed(channel.handle, isRemote: isRemote))
  }

  private mutating func allocate() -> Int {
    if let localID = freeLocalIDs.popLast() { return localID }
    local.append(nil)
    return local.count
  }

  private mutating func free(_ localID: Int) {
    local[localID - 1] = nil
    freeLocalIDs.append(localID)
  }

  private mutating func addAliases(_ names: [String], of key: PairKey) {
    for name in names {
      let alias = PairKey(name, key.identifier)
      guard alias != key, aliases[alias] == nil else { continue }
      aliases[alias] = key
      pairs[key]?.aliases.append(alias)
      if let offered = pairs.removeValue(forKey: alias) { pairs[key]?.incoming += offered.incoming }
    }
  }

  private mutating func removeIfEmpty(_ key: PairKey) {
    guard let pair = pairs[key], pair.isEmpty else { return }
    for alias in pair.aliases { aliases[alias] = nil }
    pairs[key] = nil
  }
}
