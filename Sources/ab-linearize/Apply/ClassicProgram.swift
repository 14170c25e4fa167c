import ApplyProgram
import AutobaseClassic
import CompactEncoding
import Hypercore

/// A program as the apply function of a classic view: asked batch by batch.
final class ClassicProgram {
  private let program: any ApplyAnswering
  /// Length and epoch of the view that the last answer led to; nil when the view may have changed since.
  private var known: (length: UInt64, epoch: UInt64)?

  init(_ program: any ApplyAnswering) { self.program = program }

  /// Says that an update begins, in front of which the view may have changed.
  func beginUpdate() { known = nil }

  /// Has the program apply a batch.
  func apply(_ batch: [CausalNode], _ context: ApplyContext) throws {
    let view = context.view
    let nodes = batch.enumerated().map { index, item in
      ApplyNode(
        position: ApplyPosition(core: item.node.key, length: item.node.seq + 1), value: item.node.value ?? [],
        batchIndex: UInt64(index), batchRest: UInt64(batch.count - 1 - index),
        classic: ApplyNode.Classic(
          clock: Self.positions(item.node.clock), prefix: Self.positions(item.clock), operations: item.operations))
    }
    let state = ApplyView(name: program.views[0], below: view.unwrapped, length: view.length)
    let isKnown = known.map { $0 == (view.length, view.epoch) } ?? false
    let results = try program.answer(nodes, views: [state], isResuming: !isKnown)
    for append in results.flatMap(\.appends) { try view.append(append.blocks) }
    known = (view.length, view.epoch)
  }

  private static func positions(_ clock: CausalClock) -> [ApplyPosition] {
    clock.entries.map { ApplyPosition(core: $0.key, length: $0.seq + 1) }
  }
}
