public import CompactEncoding

/// For each input, how many of its entries there are. An input without entries has none here.
///
/// Numbers are lengths. ``CausalClock`` has the same as sequence numbers.
public struct LengthClock: Hashable, Sendable {
  var table: ClockTable

  init(table: ClockTable) { self.table = table }

  /// A clock without entries.
  public init() { table = ClockTable() }

  /// The given entries, in any order; the last one of a key counts.
  public init(_ entries: some Sequence<(key: Fixed32, length: UInt64)>) { table = ClockTable(entries) }

  /// The same clock, given as sequence numbers.
  public init(_ clock: CausalClock) { table = clock.table }

  /// The length of an input; 0 when it has no entries or is not known.
  public subscript(_ key: Fixed32) -> UInt64 {
    get { table[key] }
    set { table[key] = newValue }
  }

  /// The entries in the byte order of their keys.
  public var entries: [(key: Fixed32, length: UInt64)] { table.entries }

  /// How many entries of inputs there are: the sum of all lengths.
  public var operations: UInt64 { table.total }

  /// Whether there are no entries.
  public var isEmpty: Bool { table.isEmpty }
}

extension LengthClock: CustomStringConvertible {
  /// The first digits of each key, and its length.
  public var description: String {
    "[" + entries.map { "\($0.key.description.prefix(8)):\($0.length)" }.joined(separator: " ") + "]"
  }
}

extension LengthClock: ExpressibleByDictionaryLiteral {
  /// Keys with their lengths.
  public init(dictionaryLiteral entries: (Fixed32, UInt64)...) { self.init(entries.map { (key: $0.0, length: $0.1) }) }
}
