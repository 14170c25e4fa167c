public import CompactEncoding

/// What a side's log is now, and what it does with it.
///
/// ```
/// uint flags (1 canUpgrade, 2 uploading, 4 downloading, 8 hasManifest, 16 allowPush) ‖ uint fork ‖ uint length
///   ‖ uint remoteLength
/// ```
///
/// Source: spec 02 §6.2.
public struct SyncMessage: Hashable, Sendable {
  /// Counts truncations.
  public var fork: UInt64
  /// Number of blocks.
  public var length: UInt64
  /// The receiver's length as the sender last heard it, 0 when it is of another fork.
  public var remoteLength: UInt64
  /// The sender can prove its head to somebody who has `remoteLength` blocks.
  public var canUpgrade: Bool
  /// The sender answers requests.
  public var uploading: Bool
  /// The sender wants to hear of news.
  public var downloading: Bool
  /// The sender can send the manifest.
  public var hasManifest: Bool
  /// The sender takes blocks that it did not ask for.
  public var allowPush: Bool

  /// A state.
  public init(
    fork: UInt64 = 0, length: UInt64 = 0, remoteLength: UInt64 = 0, canUpgrade: Bool = false, uploading: Bool = true,
    downloading: Bool = true, hasManifest: Bool = false, allowPush: Bool = false
  ) {
    self.fork = fork
    self.length = length
    self.remoteLength = remoteLength
    self.canUpgrade = canUpgrade
    self.uploading = uploading
    self.downloading = downloading
    self.hasManifest = hasManifest
    self.allowPush = allowPush
  }
}

extension SyncMessage: CompactEncodable, CompactDecodable {
  private var flags: UInt64 {
    (canUpgrade ? 1 : 0) | (uploading ? 2 : 0) | (downloading ? 4 : 0) | (hasManifest ? 8 : 0) | (allowPush ? 16 : 0)
  }

  public func measure(_ size: inout Size) {
    size.uint(flags)
    size.uint(fork)
    size.uint(length)
    size.uint(remoteLength)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(flags)
    writer.uint(fork)
    writer.uint(length)
    writer.uint(remoteLength)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try reader.uint()
    fork = try reader.uint()
    length = try reader.uint()
    remoteLength = try reader.uint()
    canUpgrade = flags & 1 != 0
    uploading = flags & 2 != 0
    downloading = flags & 4 != 0
    hasManifest = flags & 8 != 0
    allowPush = flags & 16 != 0
  }
}
