public import CompactEncoding

/// Why a secure stream ended. The transport is closed then, without a word to the other side.
public enum SecureStreamError: Error, Equatable, Sendable {
  /// The handshake failed.
  case handshake(NoiseError)
  /// The other side authenticated with a key that was not expected.
  case unexpectedRemoteKey(expected: Fixed32, found: Fixed32)
  /// A frame announces more bytes than may come now.
  case frameTooLong(limit: Int, found: Int)
  /// A header that has not 56 bytes.
  case invalidHeaderCount(Int)
  /// A header of another stream.
  case invalidHeader
  /// A message frame of fewer than 17 bytes.
  case messageTooShort(Int)
  /// A message that was changed, moved or made with another key.
  case authenticationFailed
  /// A message of ours that fits no frame.
  case messageTooLong(limit: Int, found: Int)
}

extension SecureStreamError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .handshake(let error): error.description
    case .unexpectedRemoteKey(let expected, let found):
      "the other side has the key \(KeyIdentifier.encode(found)), expected was \(KeyIdentifier.encode(expected))"
    case .frameTooLong(let limit, let found): "frame of \(found) bytes received, at most \(limit) are accepted now"
    case .invalidHeaderCount(let count): "Invalid header message received: \(count) bytes"
    case .invalidHeader: "Invalid header received: it belongs to another stream"
    case .messageTooShort(let count): "Invalid message received: \(count) bytes"
    case .authenticationFailed: "Invalid message received: it does not authenticate"
    case .messageTooLong(let limit, let found): "message of \(found) bytes, at most \(limit) can be sent"
    }
  }
}
