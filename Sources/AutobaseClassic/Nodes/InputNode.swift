public import CompactEncoding

/// One entry of an input.
public struct InputNode: Hashable, Sendable {
  /// The core key of the input.
  public var key: Fixed32
  /// Its place in the input, counted from 0.
  public var seq: UInt64
  /// The application's bytes; nil in an entry that is only a vote of a writer of the newer format.
  public var value: [UInt8]?
  /// Its place in its batch.
  public var batch: BatchPosition
  /// What its writer had seen; all members of a batch have that of the last one. The entry before it in its own input
  /// is always part of it.
  public var clock: CausalClock

  /// An entry with all its fields.
  public init(key: Fixed32, seq: UInt64, value: [UInt8]?, batch: BatchPosition = .init(), clock: CausalClock) {
    self.key = key
    self.seq = seq
    self.value = value
    self.batch = batch
    self.clock = clock
  }

  /// Whether this entry depends on another one: its clock covers that.
  public func sees(_ other: InputNode) -> Bool { clock.covers(other.key, other.seq) }
}
