public import CompactEncoding

/// What a node has seen, or where a stream stands: for each input, the sequence number of its newest entry that is
/// covered. An input of which nothing is covered has no entry.
///
/// Numbers are sequence numbers, counted from 0. ``LengthClock`` has the same as lengths.
public struct CausalClock: Hashable, Sendable {
  var table: ClockTable

  init(table: ClockTable) { self.table = table }

  /// A clock that covers nothing.
  public init() { table = ClockTable() }

  /// The given entries, in any order; the last one of a key counts.
  public init(_ entries: some Sequence<(key: Fixed32, seq: UInt64)>) {
    table = ClockTable(entries.map { (key: $0.key, length: $0.seq &+ 1) })
  }

  /// The same clock, given as lengths.
  public init(_ clock: LengthClock) { table = clock.table }

  /// The newest covered entry of an input; nil when none is.
  public subscript(_ key: Fixed32) -> UInt64? {
    get {
      let length = table[key]
      return length == 0 ? nil : length - 1
    }
    set { table[key] = newValue.map { $0 &+ 1 } ?? 0 }
  }

  /// The entries in the byte order of their keys.
  public var entries: [(key: Fixed32, seq: UInt64)] { table.entries.map { (key: $0.key, seq: $0.length - 1) } }

  /// How many entries of inputs are covered: the sum of all seq + 1.
  public var operations: UInt64 { table.total }

  /// Whether nothing is covered.
  public var isEmpty: Bool { table.isEmpty }

  /// Whether entry `seq` of an input is covered.
  public func covers(_ key: Fixed32, _ seq: UInt64) -> Bool { table[key] > seq }

  /// Whether this covers all that `other` covers.
  public func covers(_ other: CausalClock) -> Bool {
    if table.sharesKeys(with: other.table) { return zip(table.lengths, other.table.lengths).allSatisfy { $0 >= $1 } }
    return other.table.entries.allSatisfy { table[$0.key] >= $0.length }
  }
}

extension CausalClock: CustomStringConvertible {
  /// The first digits of each key, and its sequence number.
  public var description: String {
    "[" + entries.map { "\($0.key.description.prefix(8)):\($0.seq)" }.joined(separator: " ") + "]"
  }
}

extension CausalClock: ExpressibleByDictionaryLiteral {
  /// Keys with their sequence numbers.
  public init(dictionaryLiteral entries: (Fixed32, UInt64)...) { self.init(entries.map { (key: $0.0, seq: $0.1) }) }
}
