public import CompactEncoding

/// One entry of an output: a block of the linearized view, and which place of the order it belongs to.
public struct OutputNode: Hashable, Sendable {
  /// The core key of the input whose entry caused it.
  public var change: Fixed32
  /// The prefix clock at that place of the order.
  public var clock: CausalClock
  /// The bytes that were appended to the view.
  public var value: [UInt8]
  /// Its place among the entries that one call of `apply` appended.
  public var batch: BatchPosition
  /// How many entries of inputs the clock covers.
  public var operations: UInt64

  /// An entry with all its fields; `operations` follow from the clock.
  public init(change: Fixed32, clock: CausalClock, value: [UInt8], batch: BatchPosition = .init()) {
    self.change = change
    self.clock = clock
    self.value = value
    self.batch = batch
    operations = clock.operations
  }
}
