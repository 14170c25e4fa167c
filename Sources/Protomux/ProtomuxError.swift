public import CompactEncoding

/// Why a connection cannot go on, or a call was refused.
public enum ProtomuxError: Error, Equatable, Sendable {
  /// A frame that is cut short.
  case decoding(DecodingError)
  /// An OPEN with an id that is in use or leaves a gap. Highest valid is one above the count.
  case invalidOpen(identifier: UInt64, count: Int)
  /// A REJECT of something that was not opened or was answered before.
  case invalidReject(identifier: UInt64)
  /// A batch inside a batch.
  case nestedBatch
  /// The other side opened more channels than allowed.
  case tooManyChannels(limit: Int)
  /// The other side sent more on unanswered channels than allowed.
  case tooManyWaitingBytes(limit: Int)
  /// The other side put more messages into one frame than allowed.
  case tooManyMessages(limit: Int)
  /// This side has a channel of that protocol and id open already.
  case duplicateChannel(PairKey)
  /// The channel is closed.
  case channelClosed
  /// A message that fits no frame.
  case messageTooLong(limit: Int, found: Int)
  /// A protocol on one of the channels found that the other side does not keep to it; the text says how.
  case violation(String)
}

extension ProtomuxError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .decoding(let error): "malformed frame: \(error)"
    case .invalidOpen(let identifier, let count): "Invalid open message: id \(identifier) with \(count) ids known"
    case .invalidReject(let identifier): "Invalid reject message: id \(identifier) waits for no answer"
    case .nestedBatch: "malformed frame: a batch inside a batch"
    case .tooManyChannels(let limit): "the other side opened more than \(limit) channels"
    case .tooManyWaitingBytes(let limit): "the other side sent more than \(limit) bytes on channels nobody opened"
    case .tooManyMessages(let limit): "the other side sent more than \(limit) messages in one frame"
    case .duplicateChannel(let key): "duplicate channel: \(key.protocolName) is open already"
    case .channelClosed: "the channel is closed"
    case .messageTooLong(let limit, let found): "message of \(found) bytes, at most \(limit) can be sent"
    case .violation(let reason): reason
    }
  }
}
