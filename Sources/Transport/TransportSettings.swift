/// Limits and times of connections. All of them are finite.
public struct TransportSettings: Sendable {
  /// Until a connection is made, on the side that connects.
  public var connectTimeoutMilliseconds: UInt64 = 10_000
  /// From the connection until the other side has proved its key.
  public var handshakeTimeoutMilliseconds: UInt64 = 10_000
  /// Without a byte from the other side. Keep-alives count as bytes.
  public var idleTimeoutMilliseconds: UInt64 = 60_000
  /// Without a byte from this side, after which it sends an empty message.
  public var keepAliveMilliseconds: UInt64 = 5_000
  /// Connections at a time; more are closed at once.
  public var maximumConnectionCount = 1_024
  /// Connections at a time that did not prove their key yet; more are closed at once.
  public var maximumHandshakeCount = 256
  /// The longest frame that is accepted, in bytes. The largest block of a log needs nearly as much as the format allows.
  public var maximumFrameByteCount = 0xff_ffff
  /// Incomplete frames of all connections together, in bytes; the connection that exceeds it is dropped.
  public var maximumBufferedByteCount = 256 << 20
  /// Output that a connection may leave unread, in bytes, before this side stops reading from it.
  public var writeHighWatermarkByteCount = 1 << 20
  /// Output that a connection may leave unread, in bytes, before it is dropped.
  public var maximumOutputByteCount = 64 << 20

  /// The defaults.
  public init() {}
}
