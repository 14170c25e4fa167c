public import CompactEncoding

/// What an apply call is told besides its nodes.
public struct ApplyContext {
  /// The view to append to. What is appended can be read at once, and stays if the call returns.
  public let view: LinearizedView
  /// What the batch's newest node has seen.
  public let localClock: CausalClock
  /// All nodes in the order up to and with this batch: the prefix clock.
  public let globalClock: CausalClock
  /// The input that the batch was written to.
  public let change: Fixed32
  /// The batches that follow in this step of the update, in their order, as they will be given to the calls that come
  /// next: for whoever can be asked about many at the cost of one. No promise: when a call throws, or the order changes
  /// meanwhile, others come.
  public let upcoming: ArraySlice<[CausalNode]>
}

/// Turns one batch of input nodes into blocks of the view, by appending to ``ApplyContext/view``.
///
/// Called once for each batch that was appended to an input, in the order of the view, with all its nodes that have a
/// value. It may be called again for the same batch after the order in front of it changed, and then must do the same,
/// given the same view: nothing but the nodes and the blocks below may decide what is appended. A call may append
/// nothing. When it throws, its blocks are dropped and the update ends with what was applied before.
///
/// Source: spec 03b §7.2.
public typealias ApplyFunction = (_ batch: [CausalNode], _ context: ApplyContext) throws -> Void
