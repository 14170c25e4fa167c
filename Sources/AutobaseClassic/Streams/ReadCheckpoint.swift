public import CompactEncoding

/// How far a read stream has come: for each input that it has met, how many of its entries were read.
///
/// Unlike a ``LengthClock``, it tells an input of which nothing was read from one that was not met.
public struct ReadCheckpoint: Hashable, Sendable {
  private var positions: [Fixed32: UInt64] = [:]

  /// A checkpoint at the start.
  public init() {}

  /// A checkpoint with the given positions; the last one of a key counts.
  public init(_ entries: some Sequence<(key: Fixed32, length: UInt64)>) {
    for entry in entries { positions[entry.key] = entry.length }
  }

  /// How many entries of an input were read; nil when the stream has not met it.
  public subscript(_ key: Fixed32) -> UInt64? {
    get { positions[key] }
    set { positions[key] = newValue }
  }

  /// The positions, in the byte order of the keys.
  public var entries: [(key: Fixed32, length: UInt64)] {
    positions.sorted { $0.key < $1.key }.map { (key: $0.key, length: $0.value) }
  }
}
