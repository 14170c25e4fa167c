import AutobaseClassic
import CompactEncoding
import HypercoreCrypto
import JSON

/// Clocks as they are printed: lengths, by key.
enum ClockText {
  /// An array of objects with `core` and `length`.
  static func json(_ clock: LengthClock, _ text: (Fixed32) -> String = { KeyIdentifier.encode($0) }) -> JSON {
    json(clock.entries, text)
  }

  /// An array of objects with `core` and `length`.
  static func json(
    _ entries: [(key: Fixed32, length: UInt64)], _ text: (Fixed32) -> String = { KeyIdentifier.encode($0) }
  ) -> JSON {
    .array(
      entries.map { ["core": .string(text($0.key)), "length": .integer(Int64(clamping: $0.length))] })
  }

  /// As it is written on the command line.
  static func line(_ clock: LengthClock, _ text: (Fixed32) -> String) -> String {
    clock.entries.map { "\(text($0.key)):\($0.length)" }.joined(separator: ",")
  }
}
