/// An entry of an input at its place in the causal order.
public struct CausalNode: Hashable, Sendable {
  /// The entry.
  public var node: InputNode
  /// The prefix clock: the newest entry of each input at this place of the order, this one included. All members of a
  /// batch have that of the last one.
  public var clock: CausalClock
  /// How many entries the prefix clock covers.
  public var operations: UInt64

  /// An entry with its place.
  public init(node: InputNode, clock: CausalClock, operations: UInt64) {
    self.node = node
    self.clock = clock
    self.operations = operations
  }
}
