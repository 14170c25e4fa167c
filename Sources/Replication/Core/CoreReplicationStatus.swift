public import CompactEncoding

/// How the replication of one log stands.
public struct CoreReplicationStatus: Hashable, Sendable {
  /// One peer of the log.
  public struct Peer: Hashable, Sendable {
    /// Number of the peer, unique for this replicator.
    public var number: Int
    /// Whether the other side has opened the channel and proved that it knows the key.
    public var isOpen: Bool
    /// Whether it has told its state.
    public var hasSynced: Bool
    /// Its length, as it said.
    public var length: UInt64
    /// It has all blocks below.
    public var contiguousLength: UInt64
    /// Its fork, as it said.
    public var fork: UInt64
    /// Requests that wait for its answer.
    public var requestsInFlight: Int
    /// Requests of it that wait to be answered.
    public var requestsQueued: Int
    /// Blocks sent to it.
    public var blocksUploaded: UInt64
    /// Blocks received from it and stored.
    public var blocksDownloaded: UInt64
    /// Bytes of those blocks.
    public var bytesUploaded: UInt64
    /// Bytes of those blocks.
    public var bytesDownloaded: UInt64
    /// Why nothing is asked of it; nil when it is asked.
    public var pause: PauseReason?
    /// Whether its answer is awaited that tells if it has another history.
    public var isProbed: Bool
  }

  /// Why nothing is asked of a peer.
  public enum PauseReason: Hashable, Sendable {
    /// It sent a proof that does not hold.
    case invalidData(String)
    /// It answered too often that it has no data.
    case refusals(limit: Int)
  }

  /// What a log waits for.
  public enum Wait: Hashable, Sendable {
    /// Nobody is connected.
    case peer
    /// No peer has opened the log's channel yet.
    case channel(peers: Int)
    /// No peer has told its state yet.
    case sync(peers: Int)
    /// A newer head, asked of a peer.
    case upgrade(length: UInt64, peer: Int)
    /// A peer has a newer head and was told of ours; it has to say whether it can prove the step.
    case upgradeOffer(length: UInt64, peer: Int)
    /// Blocks that were asked for at peers.
    case blocks(Range<UInt64>, count: Int, peers: Int)
    /// Blocks that no peer is known to have.
    case holder(Range<UInt64>, count: Int)
    /// The common start with a longer history at a higher fork.
    case reorg(fork: UInt64, peer: Int)
    /// The byte offset of a seek.
    case seek(bytes: UInt64)
    /// The store, which failed.
    case store(String)
    /// Nothing more will come: two signed histories exist.
    case frozen
  }

  /// The log.
  public var key: Fixed32
  /// Number of blocks.
  public var length: UInt64
  /// All blocks below are stored.
  public var contiguousLength: UInt64
  /// Counts truncations.
  public var fork: UInt64
  /// The longest length that a peer told for this fork.
  public var remoteLength: UInt64
  /// Whether two signed histories were seen.
  public var isFrozen: Bool
  /// The peers.
  public var peers: [Peer]
  /// What the log waits for; empty when it has all it wants.
  public var waits: [Wait]
}

extension CoreReplicationStatus.PauseReason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidData(let reason): "invalid data: \(reason)"
    case .refusals(let limit): "\(limit) requests without data"
    }
  }
}

extension CoreReplicationStatus.Wait: CustomStringConvertible {
  public var description: String {
    switch self {
    case .peer: "waits for a peer"
    case .channel(let peers): "waits for \(peers) peers to open the log"
    case .sync(let peers): "waits for \(peers) peers to tell their length"
    case .upgrade(let length, let peer): "waits for an upgrade to length \(length) from peer \(peer)"
    case .upgradeOffer(let length, let peer): "waits for peer \(peer) to offer an upgrade to length \(length)"
    case .blocks(let range, let count, let peers):
      "waits for \(count) blocks of \(range.lowerBound)–\(range.upperBound - 1) of \(peers) peers"
    case .holder(let range, let count):
      "waits for a peer that has \(count) blocks of \(range.lowerBound)–\(range.upperBound - 1)"
    case .reorg(let fork, let peer): "waits for the common history with fork \(fork) of peer \(peer)"
    case .seek(let bytes): "waits for the position of byte \(bytes)"
    case .store(let reason): "waits for the store: \(reason)"
    case .frozen: "takes no more data: two conflicting signatures exist"
    }
  }
}
