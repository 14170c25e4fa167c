/// Why bytes could not be decoded.
public enum DecodingError: Error, Equatable, Sendable {
  /// The input ended before the value did.
  case outOfBounds(needed: UInt64, remaining: Int)
  /// A number above 2^53 − 1, which no peer can have written, or above what its use allows.
  case numberTooLarge(UInt64)
  /// An array announced more than 2^20 items.
  case arrayTooBig(UInt64)
  /// A format version, type id or enum value this program does not know.
  case unknown(what: String, value: UInt64)
  /// The bytes have the right length but break a rule of the format.
  case invalid(String)
}

extension DecodingError: CustomStringConvertible {
  /// One line for people, with the wording of the reference where it has one.
  public var description: String {
    switch self {
    case .outOfBounds(let needed, let remaining): "Out of bounds: \(needed) bytes needed, \(remaining) remain"
    case .numberTooLarge(let value): "Number \(value) is greater than the maximum safe integer"
    case .arrayTooBig(let count): "Array is too big: \(count) items"
    case .unknown(let what, let value): "Unknown \(what): \(value)"
    case .invalid(let reason): reason
    }
  }
}
