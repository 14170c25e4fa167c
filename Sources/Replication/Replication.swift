/// # Replication
///
/// How two peers exchange logs: one channel of a muxed connection for each log, on which both tell what they have and
/// want, ask for blocks, tree nodes and newer heads, and prove what they send. Both sides do the same; there is no
/// client and no server. State machines without I/O: ``CoreReplicator`` is one log with all its peers, ``CorePeer`` one
/// of them on one connection, ``StoreReplicator`` all logs of a store on all connections, ``WakeupTopic`` the hints by
/// which peers of a base tell which logs have news.
///
/// ## Channel
///
/// Protocol `hypercore/alpha` (alias `hypercore`), id = discovery key of the log. The OPEN carries
/// ``HandshakeMessage``: `uint flags (1 seeks) ‖ fixed32 capability`. The capability is a keyed hash of the core key
/// under the connection's handshake hash and the sender's role; a wrong one ends the connection, and before a right one
/// nothing but the OPEN is sent.
///
/// Messages (``MessageType``); all scalars are `uint`, bytes behind the known fields are ignored:
///
/// | type | message | body |
/// |---|---|---|
/// | 0 | sync | flags (1 canUpgrade, 2 uploading, 4 downloading, 8 hasManifest, 16 allowPush), fork, length, remoteLength |
/// | 1 | request | flags, id, fork, parts: `RequestMessage` |
/// | 2 | cancel | request id |
/// | 3 | data | flags, request id, fork, parts: `DataMessage` |
/// | 4 | noData | request id, flags (1 reason), reason (1 not available, 2 invalid request) |
/// | 5, 6 | want, unwant | start, length, flags (1 any) when not zero |
/// | 7 | bitfield | start (a multiple of 32), uint32 array |
/// | 8 | range | flags (1 drop, 2 the length is 1), start, length |
/// | 9 | extension | name (empty repeats the previous one), payload |
///
/// ## Telling
///
/// A side opens with *sync* and, if it has blocks from the start on, *range* {0, contiguous length}. It sends sync again
/// when length, fork or manifest change, and in answer to a sync of somebody shorter on the same fork: remoteLength
/// echoes what that one said, and canUpgrade says that the step from there can be proven. Only a peer that offers the
/// step from exactly our length is asked for it, so every side echoes before it expects requests.
///
/// Blocks that come to be are told with *range*: everything once the log is complete at a length, the newest 256 to
/// everybody, others to those who *want* their area. What is lost is told with a drop. A want is answered with a
/// *bitfield* for each 2^21 blocks, or with a range when that says it all. Ranges name no fork: they describe the
/// sender's log at that point of the stream.
///
/// When neither side downloads, either closes the channel.
///
/// ## Asking
///
/// A request has an id, a fork, and any of: a block or a node with the number of siblings to send, a byte offset, a
/// newer head, the manifest. Answers come in any order. *noData* frees the id; a block that is not available is not
/// asked of that peer again before it is announced again. A newer head is asked of one peer at a time, with the newest
/// block if that is wanted; blocks of many peers at once, in order, with a window for each peer that grows with its
/// answers. A peer that has nothing to do is asked for what another one has not sent for a second.
///
/// The siblings asked for lead to the next node that is known *or that comes with a block asked of the same peer just
/// before* (`CoreReplicator.levels`): a whole log travels with one node for each block, in however many requests. An
/// answer whose node is still on its way waits for it.
///
/// Everything that comes with one read is checked and stored as one transaction (``CoreReplicator/flush()``). A proof
/// that does not hold is dropped, its sender is not asked any more, and it is asked for a proof of the common length
/// with request id 0: two valid signatures for one length and fork are a conflict. Then the log is frozen, every peer at
/// that fork is sent the own proof, unasked, with request id 0, and the channels are closed; peers do the same.
///
/// A peer with a higher fork is asked for its head from nothing, {0, its length}; then hashes, from the differing root
/// down, find the blocks that both histories share, and the log is cut there and takes the new head (`Reorg`).
///
/// ## Answering
///
/// A block that is not stored, or another fork: noData 1; with the manifest asked for and known, the manifest alone.
/// A request that makes no sense: noData 2, after 200 ms, from the second on 500 ms, from the fifth 1 s, from the 40th
/// 5 s; the 64th ends the connection. Requests of higher priority go first, the newest of them before the older ones. A
/// frozen log answers no requests for blocks.
///
/// ## Bounds
///
/// Requests in flight and their bytes, waiting requests of a peer, wants, pages of bitfields, gathered answers and bytes
/// on a carrier are bounded (``ReplicationSettings``); what does not fit waits, is left out, or ends the connection. What
/// a log waits for has a name (``CoreReplicationStatus/Wait``).
///
/// Source: spec 02 §5 to §11.

public enum Replication {
  /// The protocol's name in a muxer, with the discovery key of a log as id.
  public static let protocolName = "hypercore/alpha"
  /// Another name under which the other side may open the same channel.
  public static let protocolAlias = "hypercore"
}
