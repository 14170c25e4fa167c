/// Why a dynamic value could not be encoded.
public indirect enum EncodingError: Error, Equatable, Sendable {
  /// A negative number, NaN, where only non-negative integers are written.
  case notPositive
  /// An integer above 2^53 − 1.
  case tooLarge
  /// Bytes of another length than the type has.
  case wrongSize(expected: Int, found: Int)
  /// A value of another kind than the type has.
  case typeMismatch(expected: String, found: String)
  /// A value that `any` has no tag for.
  case unsupported(String)
  /// An enum number or key that the schema does not declare.
  case unknownEnum(String)
  /// A version that a versioned type does not have.
  case unsupportedVersion(UInt64)
  /// Values nested deeper than the limit.
  case tooDeep(limit: Int)
  /// What is wrong with the value of a field.
  case field(String, EncodingError)
}

extension EncodingError: CustomStringConvertible {
  /// One line for people, beginning with the wording of the reference where it has one.
  public var description: String {
    switch self {
    case .notPositive: "uint must be positive"
    case .tooLarge: "integer is greater than the maximum safe integer, use biguint/bigint"
    case .wrongSize(let expected, let found): "Incorrect buffer size: \(expected) bytes expected, \(found) given"
    case .typeMismatch(let expected, let found): "Expected \(expected), found \(found)"
    case .unsupported(let kind): "Unsupported type for \(kind)"
    case .unknownEnum(let value): "Unknown enum: \(value)"
    case .unsupportedVersion(let version): "Unsupported version: \(version)"
    case .tooDeep(let limit): "Value is nested deeper than \(limit) levels"
    case .field(let name, .field(let inner, let error)): EncodingError.field("\(name)/\(inner)", error).description
    case .field(let name, let error): "\(error) (in \(name))"
    }
  }
}

/// The deepest nesting of dynamic values that is read or written: beyond it a hostile message would exhaust the stack.
public let maximumNesting = 256
