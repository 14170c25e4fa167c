/// The blocks of a log that went to and came from peers.
public struct LogTraffic: Hashable, Sendable {
  /// Blocks sent.
  public var blocksUploaded: UInt64 = 0
  /// Bytes of those blocks.
  public var bytesUploaded: UInt64 = 0
  /// Blocks received and stored.
  public var blocksDownloaded: UInt64 = 0
  /// Bytes of those blocks.
  public var bytesDownloaded: UInt64 = 0

  /// Nothing.
  public init() {}
}
