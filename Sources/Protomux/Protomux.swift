internal import CompactEncoding

/// # Protomux
///
/// Many channels over one stream that keeps message boundaries. A value without I/O: whole frames in
/// (``receive(_:)``), events out (``nextEvent()``), and whole frames out (``drainFrames(_:)``). There is no handshake of
/// the muxer; the frames are all that both ends share.
///
/// ```
/// frame   := uint channel ‖ uint type ‖ payload            channel ≠ 0: message `type` on that channel
///          | 00 ‖ control
/// control := 00 ‖ batch
///          | 01 ‖ uint localId ‖ string protocol ‖ buffer id ‖ handshake (the rest)     OPEN
///          | 02 ‖ uint openerLocalId                                                    REJECT
///          | 03 ‖ uint localId                                                          CLOSE
/// batch   := uint channel ‖ { buffer body | 00 ‖ uint channel }*
/// ```
///
/// * Ids are those of the frame's sender and start at 1; only REJECT carries the id that the receiver chose. New ids are
///   dense: the most recently freed one, else one more than the highest. An OPEN whose id is in use or leaves a gap ends
///   the connection.
/// * A batch holds bodies `uint type ‖ payload` for a current channel; a zero length switches the channel. For channel 0
///   a body is a control frame without its leading 00. Batches do not nest.
///   A frame holds at most ``Limits/batchMessageCount`` bodies.
/// * An empty frame, unknown control types and messages for unknown channels are ignored.
/// * Channels pair by (protocol, id), in the order of their opening on each side. Both sides send OPEN; a side that does
///   not want a channel answers with REJECT. A sender may send messages right behind its OPEN; until the channel is
///   paired they wait here, each counted as 512 bytes more than its length. Above ``Limits/waitingByteCount`` the caller
///   must not read on (``isCongested``).
/// * CLOSE is not answered by CLOSE. An id is free again when its channel closes after it was paired; one that is closed
///   before the answer stays reserved until the OPEN or REJECT that answers it arrives.
/// * While corked, everything goes into one batch, cut at ``Limits/batchByteCount``; the reference cuts at 8 MiB.
///
/// Better than the reference: a CLOSE for an unpaired OPEN is not lost. Whoever answers that OPEN gets its waiting
/// messages and then the closing, and the other side gets the answer it needs to free its id.
///
/// Source: spec 02 §4.
public struct Protomux: Sendable {
  /// What the other side may make this side hold.
  public struct Limits: Sendable {
    /// The highest id, and so the number of channels, that the other side may use.
    public var channelCount = 65_536
    /// Bytes of messages for unpaired channels above which the caller must stop reading.
    public var waitingByteCount = 32_768
    /// Bytes of messages for unpaired channels above which the connection ends.
    public var maximumWaitingByteCount = 32 << 20
    /// Messages of one frame above which the connection ends: each becomes an event, which takes more memory than a short
    /// message.
    public var batchMessageCount = 1 << 20
    /// The longest frame, in bytes, that the stream below can carry.
    public var frameByteCount = 0xff_ffff - 17

    /// Bytes of a batch at which it becomes a frame although the muxer is corked. The other side can use nothing of a frame
    /// before it has all of it, and a short one stays in the processor's cache while it is sealed and opened.
    public var batchByteCount = 128 << 10

    /// The defaults: 65 536 channels, 32 KiB, 32 MiB, the longest message of a secure stream, and 128 KiB.
    public init() {}
  }

  let limits: Limits
  var local: [LocalChannel?] = []
  var freeLocalIDs: [Int] = []
  var remote: [RemoteChannel] = []
  var pairs: [PairKey: Pair] = [:]
  var aliases: [PairKey: PairKey] = [:]
  var waitingByteCount = 0
  var generation: UInt32 = 0

  var events: [MuxEvent] = []
  var nextEventIndex = 0

  var corkCount = 0
  var frames = OutputBuffer()
  /// Where the finished frames lie in `frames`.
  var frameRanges: [Range<Int>] = []
  /// Where the bytes of the frame that is being collected start.
  var frameStart = 0
  var batchChannel: Int?
  /// Where the only body of the batch starts; nil when it has none or several.
  var onlyBodyStart: Int?

  /// A muxer without channels.
  public init(limits: Limits = Limits()) { self.limits = limits }

  /// Whether messages for unpaired channels take so much memory that the caller must not read on until it has opened or
  /// rejected what was offered.
  public var isCongested: Bool { waitingByteCount > limits.waitingByteCount }

  /// The next thing that happened, in order.
  public mutating func nextEvent() -> MuxEvent? {
    guard nextEventIndex < events.count else {
      if nextEventIndex > 0 {
        events.removeAll(keepingCapacity: events.capacity <= 4096)
        nextEventIndex = 0
      }
      return nil
    }
    defer { nextEventIndex += 1 }
    return events[nextEventIndex]
  }

  /// Closes every channel because the stream ended.
  public mutating func endOfStream() {
    for channel in local.compactMap({ $0 }) where channel.state != .closed {
      events.append(.closed(channel.handle, isRemote: true))
    }
    local = []
    remote = []
    pairs = [:]
    aliases = [:]
    freeLocalIDs = []
    waitingByteCount = 0
  }
}
