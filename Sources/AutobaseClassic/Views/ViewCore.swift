import CompactEncoding
import Hypercore

/// What all sessions on a view share: its content, and how it is updated.
final class ViewCore {
  weak var base: ClassicAutobase?
  let apply: ApplyFunction
  /// The layout of outputs that begin empty.
  let format: NodeFormat
  let unwraps: Bool

  var state = ViewState()
  var status = ViewStatus()
  /// Counts truncations.
  var fork: UInt64 = 0
  /// Grows whenever blocks may have been replaced.
  var epoch: UInt64 = 0
  /// Outputs that the last update did without.
  var unreadable: [UnreadableOutput] = []
  /// The newest node of the batch that is being applied.
  var applying: CausalNode?
  var isUpdating = false
  /// Whether somebody asked for an update during one.
  var wantsAnother = false
  /// What the last complete update was made from.
  var basis: Basis?
  /// What the local output was like when the view was last the same as it.
  var stored: Basis.Position?
  /// The blocks that are in memory only, as far as somebody read them.
  let tail = TailBlocks()
  private var sessions: [WeakView] = []

  init(base: ClassicAutobase, format: NodeFormat, unwraps: Bool, apply: @escaping ApplyFunction) {
    self.base = base
    self.format = format
    self.unwraps = unwraps
    self.apply = apply
    if let local = base.localOutput { try? open(local) }
  }

  /// Shows what the local output has.
  func open(_ local: any CausalLog) throws {
    let output = try OutputLog(key: local.key, log: local)
    state = ViewState(trunk: output, trunkLength: local.length)
    stored = Basis.Position(local)
  }

  /// Appends inside an apply call.
  func append(_ values: [[UInt8]]) throws {
    guard let applying else { throw ViewError.appendOutsideApply }
    var node = OutputNode(change: applying.node.key, clock: applying.clock, value: [])
    for value in values {
      node.value = value
      state.nodes.append(node)
    }
  }

  /// Keys of the inputs in the order in which blocks list them.
  var order: [Fixed32] { base?.inputs.map(\.key) ?? [] }

  /// The block at `index` as an output has it.
  func block(at index: UInt64) throws -> [UInt8] {
    if index < state.trunkLength, let trunk = state.trunk { return try trunk.block(at: index) }
    return try tail.block(at: index, of: state, format: format, order: order)
  }

  /// Notes that blocks that could be read were replaced, or may have been.
  func replaceBlocks(isTruncation: Bool) {
    if isTruncation { fork += 1 }
    epoch += 1
    tail.removeAll()
  }

  // MARK: Sessions

  private struct WeakView { weak var view: LinearizedView? }

  /// Has events sent to a session, as long as it lives.
  func add(_ session: LinearizedView) {
    sessions.removeAll { $0.view == nil || $0.view === session }
    sessions.append(WeakView(view: session))
  }

  func emit(_ event: SessionEvent) {
    for session in sessions { session.view?.onEvent?(event) }
  }
}
