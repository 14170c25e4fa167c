/// Names a channel of one muxer; a handle of a closed channel names nothing, also when its id is used again.
public struct MuxChannel: Hashable, Sendable {
  let localID: Int
  let generation: UInt32

  /// The id that this side sends in its frames.
  public var identifier: Int { localID }
}

/// What pairs the two ends of a channel: a protocol name and an application's id, empty for none.
public struct PairKey: Hashable, Sendable {
  /// The protocol, such as `protomux-rpc`.
  public let protocolName: String
  /// Any bytes; empty for none.
  public let identifier: [UInt8]

  /// A pairing key.
  public init(_ protocolName: String, _ identifier: [UInt8] = []) {
    self.protocolName = protocolName
    self.identifier = identifier
  }
}

/// A channel that this side opened.
struct LocalChannel: Sendable {
  enum State: Sendable { case halfOpen, open, closed }

  let handle: MuxChannel
  let key: PairKey
  var state: State
  /// The other side's id, 0 while unknown.
  var remoteID: Int
}

/// A slot for an id of the other side.
enum RemoteChannel: Sendable {
  case free
  /// Its OPEN waits for an answer.
  case waiting(WaitingChannel)
  /// Paired with the local id.
  case paired(Int)
}

/// An OPEN of the other side that waits for an answer, and what came behind it.
struct WaitingChannel: Sendable {
  let handshake: ArraySlice<UInt8>
  var messages: [ArraySlice<UInt8>] = []
  var isClosed = false

  /// What a waiting message counts beyond its length.
  static let messageOverhead = 512

  var byteCount: Int { messages.reduce(0) { $0 + Self.messageOverhead + $1.count } }
}

/// What is open on either side under one key.
struct Pair: Sendable {
  /// Local ids without an answer, oldest first; closed ones stay until their answer comes.
  var outgoing: [Int] = []
  /// Remote ids without an answer, oldest first.
  var incoming: [Int] = []
  /// Local channels that are not closed.
  var openCount = 0
  var aliases: [PairKey] = []

  var isEmpty: Bool { outgoing.isEmpty && incoming.isEmpty && openCount == 0 }
}
