import CompactEncoding

/// What an update has to do: which blocks stay or come from an output, and which nodes are applied behind them.
///
/// The causal stream is followed from its newest node. The first node at whose place of the order the view itself, or
/// one of the outputs, has the end of an apply call (the same prefix clock) is where old and new order meet: what lies
/// in front is the same in both. So as little as possible is applied again, and of several outputs the one is taken
/// that saves most.
struct ViewPlan {
  /// What is kept.
  enum Ground {
    /// Nothing.
    case nothing
    /// Blocks of the view as it was.
    case view
    /// Blocks of an output.
    case output(OutputLog)
  }

  /// What is kept.
  private(set) var ground = Ground.nothing
  /// Where the kept blocks end.
  private(set) var mark = ViewMark(clock: CausalClock(), operations: 0, length: 0)
  /// The nodes to apply, newest first.
  var pending: [CausalNode] = []
  /// Outputs that could not be read, and why.
  private(set) var unreadable: [UnreadableOutput] = []

  /// Follows `stream` until something that is there already is met.
  ///
  /// - Parameters:
  ///   - view: the view as it was, nil when its blocks must not be used.
  ///   - outputs: in order of preference, and preferred to the view.
  ///   - mustRead: whether all of them must be readable. If not, one that is not is left out.
  init(stream: inout CausalStream, view: ViewState?, outputs: [OutputLog], mustRead: Bool) throws {
    var candidates = outputs.map { (ground: Ground.output($0), search: MarkSearch($0), key: Optional($0.key)) }
    if let view { candidates.append((.view, MarkSearch(view), view.trunk?.key)) }

    while let node = try stream.next() {
      // All members of a batch have the same place in the order: looked for once, at the newest.
      var index = node.node.batch.isLast ? 0 : candidates.count
      while index < candidates.count {
        do {
          let found = try candidates[index].search.length(after: node.clock, operations: node.operations)
          if let found {
            ground = candidates[index].ground
            mark = ViewMark(clock: node.clock, operations: node.operations, length: found)
            return
          }
          index += 1
        } catch {
          guard !mustRead else { throw error }
          if let key = candidates.remove(at: index).key { unreadable.append(UnreadableOutput(key: key, error: error)) }
        }
      }
      pending.append(node)
    }
  }
}
