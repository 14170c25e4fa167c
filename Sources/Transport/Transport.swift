/// # Transport
///
/// TCP and Unix sockets under the state machines of the wire: the only module that touches the network. A connection is
/// a secure stream (Noise XX) with a muxer on it, and everything about it happens on one event loop, so no code here or
/// in a session needs a lock.
///
/// ```
/// socket → SecureStream → Protomux → ConnectionSession, mostly a ConnectionRouter of ConnectionParts: RPC, replication, …
///        ←              ←          ← one write for everything that one read caused
/// ```
///
/// Either side of a connection may serve and call. ``Listener`` accepts connections, ``Connector`` makes one, and
/// ``PeerKeeper`` keeps some alive.
///
/// What a peer cannot do:
///
/// * keep a connection without proving its key: the handshake has a deadline, and each of its frames a fixed length;
/// * keep an idle connection: after ``TransportSettings/idleTimeoutMilliseconds`` without a byte it is dropped;
/// * make this side hold more than one frame of ``TransportSettings/maximumFrameByteCount``, or, together with the other
///   connections, more than ``TransportSettings/maximumBufferedByteCount``;
/// * have answers pile up that it does not read: while the socket takes no more output no calls are read, and requests of
///   replication wait, unanswered, in queues of a bounded length. What a connection only receives it goes on reading, so
///   that two sides who both send much do not wait for each other for ever.
///
/// ``RPCServer`` hands all requests that arrived since the last time, from all connections, to the service as one batch
/// and writes their replies together, so that a service can make a batch durable with one fsync.

internal import NIOCore
internal import NIOPosix

/// The thread on which connections live.
public final class TransportLoop: Sendable {
  let group: MultiThreadedEventLoopGroup

  /// Starts the thread.
  public init() { group = MultiThreadedEventLoopGroup(numberOfThreads: 1) }

  /// Ends the thread; connections that are still open are dropped.
  public func shutdown() async { try? await group.shutdownGracefully() }

  /// The time, in milliseconds, on the clock of connections.
  public static var now: UInt64 { milliseconds() }

  /// Runs `body` on the thread.
  public func execute(_ body: @escaping @Sendable () -> Void) { group.any().execute(body) }
}

/// Milliseconds on a clock that does not go back.
func milliseconds() -> UInt64 { NIODeadline.now().uptimeNanoseconds / 1_000_000 }
