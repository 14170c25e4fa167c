public import ArgumentParser

/// A length of time on the command line: `250ms`, `5s`, `1.5m`, `2h`, `1d`; a number alone is seconds.
public struct DurationArgument: ExpressibleByArgument, Hashable, Sendable {
  /// The time in milliseconds.
  public let milliseconds: Int64

  /// A time of this many milliseconds.
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Reads a time; nil when the text is no time, or not between 0 and 100 years.
  public init?(argument: String) {
    let unit = argument.drop { $0.isASCII && $0.isNumber || $0 == "." }
    let factor: Double
    switch unit {
    case "ms": factor = 1
    case "", "s": factor = 1000
    case "m", "min": factor = 60_000
    case "h": factor = 3_600_000
    case "d": factor = 86_400_000
    default: return nil
    }
    guard let number = Double(argument.dropLast(unit.count)), number.isFinite, number >= 0 else { return nil }
    let value = (number * factor).rounded()
    guard value <= 100 * 366 * 86_400_000 else { return nil }
    milliseconds = Int64(value)
  }

  public var defaultValueDescription: String { description }
}

extension DurationArgument: CustomStringConvertible {
  public var description: String { milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms" }
}
