public import ArgumentParser

/// A number of bytes on the command line: `4096`, `64K`, `15M`, `2G`, `1T` (powers of 1024, `KiB` means the same);
/// `kB`, `MB`, `GB`, `TB` are powers of 1000.
public struct SizeArgument: ExpressibleByArgument, Hashable, Sendable {
  /// Number of bytes.
  public let bytes: Int

  /// A size of this many bytes.
  public init(bytes: Int) { self.bytes = bytes }

  /// Reads a size; nil when the text is no size or does not fit.
  public init?(argument: String) {
    let unit = argument.drop { $0.isASCII && $0.isNumber }
    guard let number = Int(argument.dropLast(unit.count)) else { return nil }
    let factor: Int
    switch unit {
    case "", "B": factor = 1
    case "K", "k", "KiB": factor = 1 << 10
    case "M", "MiB": factor = 1 << 20
    case "G", "GiB": factor = 1 << 30
    case "T", "TiB": factor = 1 << 40
    case "kB", "KB": factor = 1000
    case "MB": factor = 1_000_000
    case "GB": factor = 1_000_000_000
    case "TB": factor = 1_000_000_000_000
    default: return nil
    }
    let (value, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    bytes = value
  }

  public var defaultValueDescription: String { description }

  /// A size for people: `1.5 MiB`.
  public static func text(_ bytes: UInt64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1024, unit + 1 < units.count {
      value /= 1024
      unit += 1
    }
    if unit == 0 { return "\(bytes) B" }
    let tenths = Int((value * 10).rounded())
    return tenths >= 100 ? "\((tenths + 5) / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}

extension SizeArgument: CustomStringConvertible {
  public var description: String {
    for (factor, unit) in [(1 << 40, "T"), (1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")]
    where bytes >= factor && bytes % factor == 0 {
      return "\(bytes / factor)\(unit)"
    }
    return "\(bytes)"
  }
}
