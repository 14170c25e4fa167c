import CompactEncoding
import HypercoreCrypto
import Protomux
import Replication

/// One end of a connection: a muxer whose frames the network carries.
final class SimulatedConnection: MuxCarrier {
  var mux = Protomux()
  let role: StreamRole
  /// 64 bytes that both ends share.
  let handshakeHash: [UInt8]
  let owner: SimulatedNode
  let remote: SimulatedNode
  /// The life of the owner's process that it belongs to.
  let incarnation: Int
  var isOpen = true
  /// The replication on it, once the owner has taken it on.
  var stream: ReplicationStream?
  private var earlyFrames: [[UInt8]] = []
  private(set) var needsFlush = false

  weak var link: Link?
  weak var other: SimulatedConnection?
  /// When the frame sent last arrives.
  var lastArrival: UInt64 = 0
  /// Whether the network looks after it later.
  var isWatched = false

  init(_ owner: SimulatedNode, to remote: SimulatedNode, _ role: StreamRole, _ handshakeHash: [UInt8]) {
    self.owner = owner
    self.remote = remote
    self.role = role
    self.handshakeHash = handshakeHash
    incarnation = owner.incarnation
    mux.cork()
  }

  /// Keeps what arrives before the owner has taken the connection on.
  func keepEarly(_ frame: [UInt8]) { earlyFrames.append(frame) }

  func takeEarlyFrames() -> [[UInt8]] {
    defer { earlyFrames = [] }
    return earlyFrames
  }

  func setNeedsFlush() { needsFlush = true }

  /// What was sent since the last call, as frames.
  func takeFrames() -> [[UInt8]] {
    needsFlush = false
    mux.uncork(unwrapsSingle: true)
    defer { mux.cork() }
    return mux.takeFrames()
  }
}
