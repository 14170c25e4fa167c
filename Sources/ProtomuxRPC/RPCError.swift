/// Why a call failed: told by the other side, or found out here.
public struct RPCError: Error, Hashable, Sendable {
  /// The kinds of failure.
  public enum Code: String, Hashable, Sendable {
    /// The other side has no such method.
    case unknownMethod = "UNKNOWN_METHOD"
    /// The method failed; the cause says how.
    case requestError = "REQUEST_ERROR"
    /// The method could not read the request's value.
    case decodeError = "DECODE_ERROR"
    /// The method's result could not be written.
    case encodeError = "ENCODE_ERROR"
    /// No response in time. Whether the request was carried out is unknown.
    case timeoutExceeded = "TIMEOUT_EXCEEDED"
    /// The channel or connection closed, or was never accepted. Whether the request was carried out is unknown.
    case channelClosed = "CHANNEL_CLOSED"
    /// This side gave the channel up.
    case channelDestroyed = "CHANNEL_DESTROYED"

    /// Whether the code is sent to the other side.
    var isOnWire: Bool {
      switch self {
      case .unknownMethod, .requestError, .decodeError, .encodeError: true
      case .timeoutExceeded, .channelClosed, .channelDestroyed: false
      }
    }
  }

  /// The failure behind a failure.
  public struct Cause: Hashable, Sendable {
    /// What happened, for people.
    public var message: String
    /// A word for programs.
    public var code: String?
    /// What it belongs to, such as the id under which the server logged it.
    public var context: String?

    /// A cause.
    public init(_ message: String, code: String? = nil, context: String? = nil) {
      self.message = message
      self.code = code
      self.context = context
    }
  }

  /// The kind; nil when the other side sent none that is known.
  public var code: Code?
  /// What happened, for people, without the code in front.
  public var message: String
  /// The failure behind it.
  public var cause: Cause?

  /// A failure.
  public init(_ code: Code?, _ message: String, cause: Cause? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// There is no such method.
  public static func unknownMethod(_ method: String) -> RPCError {
    RPCError(.unknownMethod, "Unknown method '\(method)'")
  }

  /// The method failed.
  public static func requestFailed(_ cause: Cause) -> RPCError {
    RPCError(.requestError, "Request failed", cause: cause)
  }

  /// The request's value could not be read.
  public static func undecodable(_ cause: Cause) -> RPCError {
    RPCError(.decodeError, "Could not decode request", cause: cause)
  }

  /// The result could not be written.
  public static func unencodable(_ cause: Cause) -> RPCError {
    RPCError(.encodeError, "Could not encode response", cause: cause)
  }

  /// No response within that time.
  public static func timeout(milliseconds: UInt64) -> RPCError {
    RPCError(.timeoutExceeded, "timeout of \(milliseconds)ms exceeded")
  }

  /// The channel closed.
  public static let closed = RPCError(.channelClosed, "channel closed")
  /// This side gave the channel up.
  public static let destroyed = RPCError(.channelDestroyed, "channel destroyed")
}

extension RPCError: CustomStringConvertible {
  /// One line for people, as the reference prints it: the code, a colon, the message.
  public var description: String { code.map { "\($0.rawValue): \(message)" } ?? message }
}
