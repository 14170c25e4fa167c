import CompactEncoding
import Hypercore

/// Looks for the places of a branch at which given prefixes of the order had been applied, going from newer to older
/// prefixes.
///
/// The number of operations that a block's prefix clock covers grows along a branch, so that only one block can match:
/// the newest one with at most the operations that are looked for. It is found by steps that double and then by
/// halving, from where the last search ended. A branch that is not as it should be gives a wrong answer, not an
/// endless search.
struct MarkSearch {
  private let node: (UInt64) throws -> OutputNode
  /// Marks without blocks that may still be looked for, oldest first.
  private var quietMarks: ArraySlice<ViewMark>
  /// The newest block with at most the operations last looked for.
  private var candidate: (index: UInt64, node: OutputNode)?
  /// This and all later blocks have more operations.
  private var end: UInt64

  /// A search in a view.
  init(_ view: ViewState) {
    node = { try view.node(at: $0) }
    quietMarks = view.quietMarks[...]
    end = view.length
  }

  /// A search in all blocks of an output.
  init(_ output: OutputLog) {
    node = { try output.node(at: $0) }
    quietMarks = []
    end = output.log.length
  }

  /// The length of the branch after the apply call with exactly this prefix clock, or nil when there is none.
  ///
  /// - Parameter operations: of `clock`; not more than in the call before.
  mutating func length(after clock: CausalClock, operations: UInt64) throws -> UInt64? {
    while let last = quietMarks.last, last.operations >= operations {
      if last.operations == operations && last.clock == clock { return last.length }
      quietMarks.removeLast()
    }
    if (candidate?.node.operations ?? .max) > operations { try move(to: operations) }
    guard let candidate, candidate.node.operations == operations, candidate.node.batch.isLast,
      candidate.node.clock == clock
    else { return nil }
    return candidate.index + 1
  }

  private mutating func move(to operations: UInt64) throws {
    candidate = nil
    var step: UInt64 = 1
    while end > 0 {
      let index = end - min(step, end)
      let probe = try node(index)
      if probe.operations <= operations {
        candidate = (index, probe)
        break
      }
      end = index
      step *= 2
    }
    while let low = candidate, end - low.index > 1 {
      let index = low.index + (end - low.index) / 2
      let probe = try node(index)
      if probe.operations <= operations { candidate = (index, probe) } else { end = index }
    }
  }
}
