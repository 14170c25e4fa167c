import CompactEncoding
public import Protomux

/// One log on one connection.
public final class CorePeer {
  /// Number of the peer, unique for its replicator.
  public let number: Int
  /// The channel; events for it go to this object.
  public let channel: MuxChannel
  /// The log and all its peers.
  public unowned let replicator: CoreReplicator
  /// The connection.
  public unowned let carrier: any MuxCarrier
  /// Whether the other side opened the channel, too, and proved that it knows the key.
  public private(set) var isOpen = false
  /// Whether the channel is closed.
  public private(set) var isClosed = false

  let expectedCapability: Fixed32

  init(
    number: Int, replicator: CoreReplicator, carrier: any MuxCarrier, channel: MuxChannel, expectedCapability: Fixed32
  ) {
    self.number = number
    self.replicator = replicator
    self.carrier = carrier
    self.channel = channel
    self.expectedCapability = expectedCapability
  }

  /// The other side opened the channel, too.
  ///
  /// - Throws: what ends the connection: the other side does not know the key.
  public func opened(handshake: ArraySlice<UInt8>, now: UInt64 = 0) throws(ProtomuxError) { isOpen = true }

  /// A message arrived. It takes effect at the latest with ``CoreReplicator/flush()``.
  ///
  /// - Throws: what ends the connection.
  public func receive(type: UInt64, payload: ArraySlice<UInt8>, now: UInt64 = 0) throws(ProtomuxError) {}

  /// The channel was closed, by whomever.
  public func closed() {
    isClosed = true
    replicator.remove(self)
  }

  /// When ``expire(at:)`` has to be called.
  public var nextDeadline: UInt64? { nil }

  /// It is that late.
  public func expire(at now: UInt64) {}
}
