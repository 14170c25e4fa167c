public import CompactEncoding

/// A position in a log: the block before `length`.
public struct ApplyPosition: Sendable, Hashable {
  /// The log's key.
  public var core: Fixed32
  /// Its length just behind the block meant.
  public var length: UInt64

  /// The block before `length` of `core`.
  public init(core: Fixed32, length: UInt64) {
    self.core = core
    self.length = length
  }
}

/// A value in its place in the order, as a program is told of it.
public struct ApplyNode: Sendable, Hashable {
  /// What only a node of a base with consensus has.
  public struct Base: Sendable, Hashable {
    /// The heads that its writer knew.
    public var heads: [ApplyPosition]
    /// Whether its place is final.
    public var isIndexed: Bool
    /// Whether a stranger wrote it.
    public var isOptimistic: Bool

    /// What a base says of a node.
    public init(heads: [ApplyPosition], isIndexed: Bool, isOptimistic: Bool = false) {
      self.heads = heads
      self.isIndexed = isIndexed
      self.isOptimistic = isOptimistic
    }
  }

  /// What only a node of a classic view has.
  public struct Classic: Sendable, Hashable {
    /// What its writer had seen, by key.
    public var clock: [ApplyPosition]
    /// All that lies before it in the order, and the node itself, by key.
    public var prefix: [ApplyPosition]
    /// How many nodes these are.
    public var operations: UInt64

    /// What a causal stream says of a node.
    public init(clock: [ApplyPosition], prefix: [ApplyPosition], operations: UInt64) {
      self.clock = clock
      self.prefix = prefix
      self.operations = operations
    }
  }

  /// Where it is.
  public var position: ApplyPosition
  /// What was appended.
  public var value: [UInt8]
  /// Its place in its atomic batch, from 0.
  public var batchIndex: UInt64
  /// How many nodes follow in its batch.
  public var batchRest: UInt64
  /// Of a base with consensus.
  public var base: Base?
  /// Of a classic view.
  public var classic: Classic?

  /// A node.
  public init(
    position: ApplyPosition, value: [UInt8], batchIndex: UInt64 = 0, batchRest: UInt64 = 0, base: Base? = nil,
    classic: Classic? = nil
  ) {
    self.position = position
    self.value = value
    self.batchIndex = batchIndex
    self.batchRest = batchRest
    self.base = base
    self.classic = classic
  }
}
