/// Why a handshake ended. Nothing is sent to the other side then; the connection is dropped.
public enum NoiseError: Error, Equatable, Sendable {
  /// A message with fewer bytes than its pattern needs.
  case messageTooShort(needed: Int, found: Int)
  /// A key or payload that does not authenticate: the other side has other keys, or the message was changed.
  case authenticationFailed
  /// A public key that is no point of the prime-order group.
  case invalidPoint
  /// The caller read or wrote when it was the other's turn, or after the end.
  case outOfTurn
}

extension NoiseError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .messageTooShort(let needed, let found):
      "Noise handshake failed: message of \(found) bytes, at least \(needed) expected"
    case .authenticationFailed: "Noise handshake failed: message does not authenticate"
    case .invalidPoint: "Noise handshake failed: invalid public key"
    case .outOfTurn: "Noise handshake failed: message out of turn"
    }
  }
}
