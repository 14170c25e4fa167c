public import CompactEncoding
internal import HypercoreCrypto
public import Protomux

/// One topic on one connection.
public final class WakeupPeer {
  /// What happened to a peer.
  public enum Change: Hashable, Sendable {
    /// It proved that it knows the secret.
    case opened
    /// It uses the topic from now on.
    case active
    /// It does not use the topic any more.
    case inactive
    /// It is gone.
    case closed
  }

  /// The channel; events for it go to this object.
  public let channel: MuxChannel
  /// The topic and all its peers.
  public unowned let topic: WakeupTopic
  /// The connection.
  public unowned let carrier: any MuxCarrier
  /// Whether the other side opened the channel, too, and proved that it knows the secret.
  public private(set) var isOpen = false
  /// Whether the other side uses the topic now.
  public private(set) var isActive = false
  /// Whether the channel is closed.
  public private(set) var isClosed = false

  private let expected: Fixed32

  init(topic: WakeupTopic, carrier: any MuxCarrier, channel: MuxChannel, expected: Fixed32) {
    self.topic = topic
    self.carrier = carrier
    self.channel = channel
    self.expected = expected
  }

  /// The other side opened the channel, too. It is hung up on when it does not know the secret.
  ///
  /// - Throws: when the handshake cannot be read. The connection has to end then.
  public func opened(handshake: ArraySlice<UInt8>) throws(ProtomuxError) {
    let given: WakeupHandshake
    do { given = try WakeupHandshake(decoding: handshake.span.bytes) } catch { throw .decoding(error) }
    guard constantTimeEqual(given.capability, expected) else { return hangUp() }
    isOpen = true
    isActive = given.isActive
    topic.onPeer?(self, .opened)
    if isActive, !isClosed { topic.onPeer?(self, .active) }
  }

  /// A message arrived.
  ///
  /// - Throws: when it cannot be read. The connection has to end then.
  public func receive(type: UInt64, payload: ArraySlice<UInt8>) throws(ProtomuxError) {
    guard isOpen, !isClosed else { return }
    let message: WakeupMessage?
    do { message = try WakeupMessage(type: type, decoding: payload) } catch { throw .decoding(error) }
    switch message {
    case .lookup(let hash): topic.onLookup?(self, hash)
    case .announce(let hints): topic.onAnnounce?(self, hints)
    case .info(let active):
      guard active != isActive else { return }
      isActive = active
      topic.onPeer?(self, active ? .active : .inactive)
    case nil: return
    }
  }

  /// The channel was closed, by whomever.
  public func closed() {
    guard !isClosed else { return }
    isClosed = true
    topic.remove(self)
    guard isOpen else { return }
    isOpen = false
    if isActive {
      isActive = false
      topic.onPeer?(self, .inactive)
    }
    topic.onPeer?(self, .closed)
  }

  /// Tells which logs have news; nothing when the list is empty.
  public func announce(_ hints: [WakeupHint]) {
    if !hints.isEmpty { send(.announce(hints)) }
  }

  /// Asks which logs have news.
  public func lookup(hash: Fixed32? = nil) { send(.lookup(hash: hash)) }

  func send(_ message: WakeupMessage) {
    guard !isClosed else { return }
    var size = Size()
    message.measure(&size)
    // A list that fits no frame is not sent: hints may get lost, and 16 MiB of them help nobody.
    try? carrier.mux.send(type: message.type, byteCount: size.count, on: channel) { message.encode(into: &$0) }
    carrier.setNeedsFlush()
  }

  func hangUp() {
    guard !isClosed else { return }
    carrier.mux.close(channel)
    carrier.setNeedsFlush()
    closed()
  }
}
