import CompactEncoding
import Hypercore

extension ViewCore {
  /// How often an update begins again because somebody else wrote the local output meanwhile.
  private static let maximumAttempts = 8

  /// Brings the view to the order of the inputs' newest nodes.
  func update() throws {
    guard !isUpdating else {
      wantsAnother = true
      return
    }
    isUpdating = true
    defer { isUpdating = false }
    wantsAnother = false
    try run()
    guard wantsAnother else { return }
    let first = status
    try run()
    if status == ViewStatus() { status = first }
  }

  private func run() throws {
    guard let base else { throw ViewError.baseClosed }
    var total = ViewStatus()
    for _ in 0..<Self.maximumAttempts {
      status = ViewStatus()
      // Steps that were stored before somebody else wrote count as well.
      defer {
        total = total.followed(by: status)
        status = total
      }
      do { return try run(base) } catch is StaleOutput {}
    }
    throw ViewError.outputChanged(key: base.localOutput?.key ?? Fixed32())
  }

  private func run(_ base: ClassicAutobase) throws {
    let clock = try base.latest()
    let local = base.localOutput
    if let local, base.inputs.contains(where: { $0.key == local.key }) { throw ViewError.notAnOutput(key: local.key) }
    let outputs: [any CausalLog] = local.map { [$0] } ?? base.outputs
    let basis = Basis(clock: clock, outputs: outputs.map(Basis.Position.init), isLocal: local != nil)
    guard self.basis != basis else {
      status = ViewStatus()
      return
    }
    let (plan, readable) = try plan(base, basis, outputs)

    // Kept only with a local output, when there is nothing in memory that a copy of the list would cost.
    let undo = basis.isLocal ? state : nil
    let oldLength = state.length
    let shared = keep(plan, readable, basis)
    self.basis = nil
    if !basis.isLocal { stored = nil }
    status = ViewStatus(
      removed: basis.isLocal ? basis.outputs[0].length - plan.mark.length : oldLength - shared)
    // How far it is applied, and how far of that the local output has it.
    var (mark, kept) = (plan.mark, plan.mark)
    var position = basis.outputs.first
    var pending = PendingBatches(newestFirst: plan.pending)
    var failure: (any Error)?
    var isStored = false
    repeat {
      let step = pending.next(nodeCount: max(base.options.stepNodeCount, 1))
      failure = apply(step.batches, &mark) ?? step.failure
      if let local, let before = position, pending.isEmpty || failure != nil || base.options.storesEachStep {
        do {
          try store(in: local, keeping: kept.length, of: before)
        } catch {
          replaceBlocks(isTruncation: true)
          guard isStored else {
            state = undo ?? ViewState()
            status = ViewStatus()
            throw error
          }
          state.cut(to: kept)
          status.added = state.length - plan.mark.length
          tell(from: oldLength, shared)
          throw error
        }
        (isStored, kept) = (true, mark)
        position = Basis.Position(local)
      }
    } while failure == nil && !pending.isEmpty
    status.added = state.length - plan.mark.length
    // An output that could not be read is looked at again each time: nothing tells that a block has come.
    if failure == nil && unreadable.isEmpty {
      self.basis = basis
      if let position, basis.isLocal { self.basis?.outputs = [position] }
    }
    tell(from: oldLength, shared)
    if let failure { throw failure }
  }

  /// Tells listeners how the view has changed, which had `oldLength` blocks of which `shared` stayed.
  private func tell(from oldLength: UInt64, _ shared: UInt64) {
    if oldLength > shared { emit(.truncate(length: shared, fork: fork)) }
    if state.length > shared { emit(.append) }
  }

  // MARK: What to keep

  private func plan(
    _ base: ClassicAutobase, _ basis: Basis, _ outputs: [any CausalLog]
  ) throws -> (plan: ViewPlan, readable: [OutputLog]) {
    var isUsable = true
    var logs: [OutputLog] = []
    unreadable = []
    if basis.isLocal {
      // The view itself knows all that its output has, and the apply calls that appended nothing.
      isUsable = stored == basis.outputs[0] && state.length == basis.outputs[0].length
      if !isUsable, let log = try OutputLog(key: outputs[0].key, log: outputs[0]) { logs = [log] }
    } else {
      let trunk = state.trunkLength > 0 ? state.trunk?.key : nil
      isUsable = trunk == nil || outputs.contains { $0.key == trunk }
      for output in outputs {
        do {
          if let log = try OutputLog(key: output.key, log: output.snapshot()) { logs.append(log) }
        } catch {
          unreadable.append(UnreadableOutput(key: output.key, error: error))
        }
      }
    }
    var stream = try base.causalStream(from: basis.clock, includesAcks: true)
    let plan = try ViewPlan(
      stream: &stream, view: isUsable ? state : nil, outputs: logs, mustRead: basis.isLocal)
    unreadable += plan.unreadable
    return (plan, logs)
  }

  /// Makes the view what the plan keeps.
  ///
  /// - Returns: how many blocks are the same as before.
  private func keep(_ plan: ViewPlan, _ readable: [OutputLog], _ basis: Basis) -> UInt64 {
    let (oldLength, oldTrunk) = (state.length, state.trunk)
    var shared = plan.mark.length
    switch plan.ground {
    case .nothing: state = ViewState()
    case .view:
      state.cut(to: plan.mark)
      state.rest(on: readable)
    case .output(let output):
      let old = state
      state = ViewState(trunk: output, trunkLength: plan.mark.length)
      if basis.isLocal, let stored, stored.key == output.key {
        // Somebody else wrote the local output: what it was like before cannot be read any more.
        shared = stored.fork == basis.outputs[0].fork ? min(oldLength, shared) : 0
      } else {
        shared = (try? state.sharedLength(with: old)) ?? 0
      }
    }
    if oldLength > shared {
      replaceBlocks(isTruncation: true)
    } else if oldTrunk !== state.trunk {
      replaceBlocks(isTruncation: false)
    }
    return shared
  }
}
