import CompactEncoding
import Hypercore
import HypercoreCrypto
public import Protomux

/// One log on one connection: what the other side told, what it was told, and what either asked of the other.
///
/// A connection gives it the events of its ``channel``. Nothing is sent but the OPEN before the other side has proved
/// that it knows the log's key.
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

  private let expectedCapability: Fixed32

  // What the other side told.

  /// The newest sync; before the first one what is true of an empty log.
  var remote = SyncMessage(canUpgrade: false)
  var hasSynced = false
  /// The handshake said that seeks with a padding are understood.
  var understandsSeeks = false
  /// Blocks it has.
  var have = BlockSet(pageLimit: 2_048)
  var remoteWants = RemoteWants()
  var lastExtensionReceived = ""

  // What it was told.

  var toldCanUpgrade = true
  /// The length that was announced as complete.
  var toldComplete: UInt64?
  var owesSync = false
  var localWants = LocalWants()
  var lastExtensionSent = ""
  /// Length and fork up to which blocks were pushed.
  var pushed: (length: UInt64, fork: UInt64) = (0, 0)

  // What it was asked.

  var requests = RequestTable()
  /// A fork that it told of and did not prove in time.
  var unprovenFork: UInt64 = 0
  /// It did not refuse to send a block together with a newer head.
  var takesBlockWithHead = true
  /// A block that it refused, and the length up to which it says to have all; nothing more is asked of it while it
  /// insists on having that block, until this time.
  var unproven: (index: UInt64, length: UInt64, end: UInt64)?
  /// The shorter head that it was asked for last, and when it may be asked for it again.
  var earlier: (length: UInt64, retry: UInt64)?
  /// It was asked for the manifest alone.
  var wasAskedForManifest = false
  /// Requests for blocks that may be in flight at once; it grows with the answers.
  var window = 64
  /// No block below is to be asked for by the download policy.
  var cursor: UInt64 = 0
  /// Blocks that were asked for one after the other, and the end of the subtree whose root was known: see
  /// ``CoreReplicator/levels(to:at:)``.
  var run: (next: UInt64, end: UInt64) = (.max, 0)
  var pause: CoreReplicationStatus.PauseReason?
  /// A check for conflicts was sent and not answered.
  var isProbing = false
  var refusals = 0
  var invalidRefusals = 0
  var malformedAnswers = 0
  /// The flush in which a refusal was counted last.
  var refusalRound: UInt64 = 0

  // What it asked.

  var queue = RequestQueue()
  var penalties: [(time: UInt64, request: UInt64)] = []
  var invalidRequests = 0
  var failure: ProtomuxError?

  var blocksUploaded: UInt64 = 0
  var blocksDownloaded: UInt64 = 0
  var bytesUploaded: UInt64 = 0
  var bytesDownloaded: UInt64 = 0

  init(
    number: Int, replicator: CoreReplicator, carrier: any MuxCarrier, channel: MuxChannel, expectedCapability: Fixed32
  ) {
    self.number = number
    self.replicator = replicator
    self.carrier = carrier
    self.channel = channel
    self.expectedCapability = expectedCapability
  }

  /// Whether anything is asked of it, and it is told of news.
  var isActive: Bool { isOpen && !isClosed }

  /// It has a block and cannot prove it under the own head.
  var isUnproving: Bool { unproven.map { have.contains($0.index) } ?? false }

  /// The other side opened the channel, too.
  ///
  /// - Throws: what ends the connection: the other side does not know the key.
  public func opened(handshake: ArraySlice<UInt8>, now: UInt64 = 0) throws(ProtomuxError) {
    replicator.advance(to: now)
    let message: HandshakeMessage
    do { message = try HandshakeMessage(decoding: handshake.span.bytes) } catch { throw .decoding(error) }
    guard constantTimeEqual(message.capability, expectedCapability) else {
      throw .violation("the other side does not prove that it knows the key of a log that it opened")
    }
    guard !isClosed else { return }
    understandsSeeks = message.seeks
    isOpen = true
    replicator.didOpen(self)
  }

  /// The channel was closed, by whomever.
  public func closed() {
    guard !isClosed else { return }
    isClosed = true
    replicator.didClose(self)
  }

  /// Closes the channel.
  public func close() {
    guard !isClosed else { return }
    carrier.mux.close(channel)
    carrier.setNeedsFlush()
    closed()
  }

  /// When ``expire(at:)`` has to be called.
  public var nextDeadline: UInt64? {
    // What waits is served in pieces; after each the carrier gets its turn.
    if !queue.isEmpty && replicator.storeFailure == nil && takesOutput { return replicator.now }
    return penalties.lazy.map(\.time).min()
  }

  /// It is that late: requests that made no sense are refused.
  public func expire(at now: UInt64) {
    replicator.advance(to: now)
    let due = penalties.filter { $0.time <= now }
    guard !due.isEmpty else { return }
    penalties.removeAll { $0.time <= now }
    for penalty in due { send(.noData, NoDataMessage(request: penalty.request, reason: .invalidRequest)) }
    carrier.setNeedsFlush()
  }

  // MARK: Sending

  func send(_ type: MessageType, _ message: some CompactEncodable) {
    var size = Size()
    message.measure(&size)
    // A channel that closed takes nothing, and no message here is too long for a frame.
    try? carrier.mux.send(type: type.rawValue, byteCount: size.count, on: channel) { message.encode(into: &$0) }
  }
}
