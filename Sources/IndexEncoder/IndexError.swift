/// Why a key could not be written or read.
public enum IndexError: Error, Equatable, Sendable {
  /// A UINT field that is missing, no number, or above 2^53 − 1.
  case invalidNumber(String)
  /// A value of another kind than its field.
  case invalidValue(expected: IndexType, found: String)
  /// The key ends inside a number.
  case outOfBounds
  /// A BUFFER or STRING that does not begin with `00`.
  case invalidStart
  /// A `00` inside a BUFFER or STRING followed by something other than `01` or `02`.
  case unknownTerminator
  /// A BUFFER or STRING without its end.
  case noTerminator
}

extension IndexError: CustomStringConvertible {
  /// One line for people, with the wording of the reference where it has one.
  public var description: String {
    switch self {
    case .invalidNumber(let text): "Invalid number \(text)"
    case .invalidValue(let expected, let found): "Invalid \(expected.rawValue) in a key: \(found)"
    case .outOfBounds: "Out of bounds"
    case .invalidStart: "Invalid start of string"
    case .unknownTerminator: "Unknown value in terminator"
    case .noTerminator: "No terminator found"
    }
  }
}
