internal import Glibc
public import HypercoreCrypto
internal import NIOCore
public import Protomux

/// Why a connection or listener ended or never came to be.
public enum TransportError: Error, Equatable, Sendable {
  /// Nobody could be reached there.
  case connectFailed(TransportAddress, reason: String)
  /// Nobody answered there in time.
  case connectTimeout(TransportAddress, milliseconds: UInt64)
  /// The address cannot be listened on.
  case listenFailed(TransportAddress, reason: String)
  /// The other side did not prove its key in time.
  case handshakeTimeout(milliseconds: UInt64)
  /// The other side sent nothing for too long.
  case idleTimeout(milliseconds: UInt64)
  /// The secure stream failed.
  case secureStream(SecureStreamError)
  /// The muxer failed.
  case muxer(ProtomuxError)
  /// The other side closed the connection.
  case closedByPeer
  /// This side closed the connection.
  case closed
  /// The other side's key is not admitted.
  case notAdmitted
  /// There is another connection with the same peer.
  case duplicate
  /// The other side does not read what it asked for.
  case tooMuchOutput(limit: Int)
  /// The connections together hold too many incomplete frames.
  case tooMuchInput(limit: Int)
  /// The system reported an error.
  case system(String)

  init(_ error: any Error) {
    switch error {
    case let error as TransportError: self = error
    case let error as SecureStreamError: self = .secureStream(error)
    case let error as ProtomuxError: self = .muxer(error)
    default: self = .system(TransportError.text(of: error))
    }
  }

  /// What an error of the network library says, in short.
  static func text(of error: any Error) -> String {
    if let error = error as? IOError, error.errnoCode != 0 {
      let text = String(cString: strerror(error.errnoCode))
      return text.prefix(1).lowercased() + text.dropFirst()
    }
    return switch error {
    case is SocketAddressError.UnknownHost: "no such host"
    case SocketAddressError.unsupported: "no address that can be used here"
    case SocketAddressError.unixDomainSocketPathTooLong: "the path is too long for a socket"
    default: String(describing: error)
    }
  }
}

extension TransportError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .connectFailed(let address, let reason): "cannot connect to \(address): \(reason)"
    case .connectTimeout(let address, let time): "cannot connect to \(address): no answer within \(time) ms"
    case .listenFailed(let address, let reason): "cannot listen on \(address): \(reason)"
    case .handshakeTimeout(let time): "handshake not finished within \(time) ms"
    case .idleTimeout(let time): "nothing received for \(time) ms"
    case .secureStream(let error): error.description
    case .muxer(let error): error.description
    case .closedByPeer: "the other side closed the connection"
    case .closed: "the connection was closed"
    case .notAdmitted: "the other side's key is not admitted"
    case .duplicate: "another connection with this peer is kept"
    case .tooMuchOutput(let limit): "the other side left more than \(limit) bytes unread"
    case .tooMuchInput(let limit): "incomplete frames take more than \(limit) bytes"
    case .system(let text): text
    }
  }
}
