/// Bounds and choices of one log's replication.
public struct ReplicationSettings: Sendable {
  /// Most requests that wait for an answer of one peer.
  public var maximumRequestsInFlight = 1_024
  /// Most bytes of blocks, as far as their sizes can be guessed, that are asked for at one peer at once.
  public var maximumBytesInFlight = 8 << 20
  /// Most bytes of answers that are kept until they can be checked and stored.
  public var maximumGatheredByteCount = 64 << 20
  /// Most requests of one peer that wait to be answered; more end the connection.
  public var maximumQueuedRequests = 16_384
  /// Bytes that wait on a carrier above which no more requests are answered.
  public var maximumQueuedByteCount = 4 << 20
  /// Most answers of one kind "not available" or "invalid" that a peer may give before nothing more is asked of it.
  public var maximumRefusals = 32
  /// Most requests of one peer that make no sense before the connection ends.
  public var maximumInvalidRequests = 64
  /// How long a block may be in flight at one peer before it is asked of another as well, in milliseconds.
  public var hotswapMilliseconds: UInt64 = 1_000
  /// How long a peer with a higher fork may take for an answer about it before that fork of it is passed over, in
  /// milliseconds.
  public var forkTimeoutMilliseconds: UInt64 = 30_000
  /// How long a peer is not asked again for a shorter head of the same length, in milliseconds.
  public var earlierRetryMilliseconds: UInt64 = 30_000
  /// How long nothing is stored after the store failed, in milliseconds.
  public var storeRetryMilliseconds: UInt64 = 1_000
  /// Whether another fork than the own one is followed when it is higher.
  public var followsForks = true
  /// Whether blocks are taken that were not asked for.
  public var allowsPush = false
  /// Whether wants are small: 4,096 blocks instead of 2,097,152, and single ones where one block is enough.
  public var usesSmallWants = false

  /// The defaults.
  public init() {}
}

/// What of a log is downloaded without being asked for.
public enum DownloadPolicy: Hashable, Sendable {
  /// Nothing: the log is served only.
  case none
  /// Newer heads; blocks are fetched on demand.
  case head
  /// Newer heads and all blocks, in order, as they come to be.
  case everything
  /// Newer heads and the blocks of these ranges, in order.
  case ranges([Range<UInt64>])
}

/// Names something that was asked of a ``CoreReplicator``, to take it back.
public struct RequestToken: Hashable, Sendable {
  let number: UInt64
}

/// Why something that was asked of a ``CoreReplicator`` did not come to be.
public enum ReplicationError: Error, Hashable, Sendable {
  /// It was taken back.
  case cancelled
  /// The replicator was closed.
  case closed
  /// Two signed histories of the log exist; it takes no more data.
  case frozen
  /// A block index or byte offset that no log can have.
  case outOfRange
  /// More is asked for at once than the settings allow.
  case tooManyRequests(limit: Int)
  /// The store failed; the text says how.
  case store(String)
}

extension ReplicationError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cancelled: "the request was taken back"
    case .closed: "the log is no longer replicated"
    case .frozen: "two conflicting signatures exist for this log; ask its owner which copy to keep"
    case .outOfRange: "no log has a block or byte at this position"
    case .tooManyRequests(let limit): "more than \(limit) requests wait; ask again when some are answered"
    case .store(let reason): "the store failed: \(reason)"
    }
  }
}
