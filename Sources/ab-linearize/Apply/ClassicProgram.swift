import ApplyProgram
import AutobaseClassic
import CompactEncoding
import Hypercore

/// A program as the apply function of a classic view: asked about a batch and, in the same line, those that follow it.
/// Their answers are kept until it is their turn.
final class ClassicProgram {
  private let program: any ApplyAnswering
  /// What is answered and not used yet, in order.
  private var answers: ArraySlice<Answer> = []
  /// Length and epoch of the view that the last used answer led to; nil when the view may have changed since.
  private var known: (length: UInt64, epoch: UInt64)?

  private struct Answer {
    var batch: [CausalNode]
    var results: ArraySlice<ApplyResult>
  }

  init(_ program: any ApplyAnswering) { self.program = program }

  /// How a base is best driven with this program: what one line can ask is one step. A program that takes few nodes in a
  /// line is not worth a transaction for each.
  var options: ClassicAutobase.Options {
    var options = ClassicAutobase.Options()
    options.stepNodeCount = max(program.nodeLimit, Self.leastStepNodeCount)
    options.storesEachStep = true
    return options
  }

  private static let leastStepNodeCount = 64

  /// Says that an update begins, in front of which the view may have changed.
  func beginUpdate() { known = nil }

  /// Has the program apply a batch.
  func apply(_ batch: [CausalNode], _ context: ApplyContext) throws {
    let view = context.view
    let isKnown = known.map { $0 == (view.length, view.epoch) } ?? false
    if !isKnown || answers.first?.batch != batch {
      // The program has gone on with answers that were not used.
      let isResuming = !isKnown || !answers.isEmpty
      answers = []
      try ask([batch] + following(batch, context.upcoming), view, isResuming: isResuming)
    }
    let answer = answers.removeFirst()
    for append in answer.results.flatMap(\.appends) { try view.append(append.blocks) }
    known = (view.length, view.epoch)
  }

  /// As many of the batches that come next as fit into a line.
  private func following(_ batch: [CausalNode], _ upcoming: ArraySlice<[CausalNode]>) -> ArraySlice<[CausalNode]> {
    var count = batch.count
    var size = Self.byteCount(batch)
    return upcoming.prefix { next in
      // A line ends with the node that brings it to its size.
      guard size < ApplyLimits.batchByteCount else { return false }
      count += next.count
      size += Self.byteCount(next)
      return count <= program.nodeLimit
    }
  }

  private static func byteCount(_ batch: [CausalNode]) -> Int { batch.reduce(0) { $0 + ($1.node.value?.count ?? 0) } }

  private func ask(_ batches: [[CausalNode]], _ view: LinearizedView, isResuming: Bool) throws {
    let nodes = batches.flatMap { batch in
      batch.enumerated().map { index, item in
        ApplyNode(
          position: ApplyPosition(core: item.node.key, length: item.node.seq + 1), value: item.node.value ?? [],
          batchIndex: UInt64(index), batchRest: UInt64(batch.count - 1 - index),
          classic: ApplyNode.Classic(
            clock: Self.positions(item.node.clock), prefix: Self.positions(item.clock), operations: item.operations))
      }
    }
    let state = ApplyView(name: program.views[0], below: view.unwrapped, length: view.length)
    var results = try program.answer(nodes, views: [state], isResuming: isResuming)[...]
    answers =
      batches.map { batch in
        defer { results = results.dropFirst(batch.count) }
        return Answer(batch: batch, results: results.prefix(batch.count))
      }[...]
  }

  private static func positions(_ clock: CausalClock) -> [ApplyPosition] {
    clock.entries.map { ApplyPosition(core: $0.key, length: $0.seq + 1) }
  }
}
