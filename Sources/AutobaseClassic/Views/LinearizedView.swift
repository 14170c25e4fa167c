public import CompactEncoding
public import Hypercore

/// The nodes of all inputs in one order, each turned into blocks by an apply function: a log that is never written
/// directly, but follows from the inputs.
///
/// ## Update
///
/// ``update()`` follows the causal stream, newest node first, until it comes to a place of the order that the view has
/// been at: the same *prefix clock*, the newest node of each input in front of that place. What lies in front is the
/// same in the old and the new order and stays; the view is truncated to there, and the nodes behind are applied, one
/// batch at a time, oldest first. ``status`` tells how much that was. Everything else about a view follows from this
/// rule:
///
/// * A **local output** is a log that the view is kept in. Its blocks have their prefix clock in them, so that a view
///   over it goes on where another one ended, in another process or after a crash. Truncation and new blocks are one
///   transaction of the log's storage; where that has none, the log is truncated first and then appended to, and what
///   is there in between is a view as well, only an older one. An update of many nodes may be several transactions, see
///   ``ClassicAutobase/Options/storesEachStep``: what is there in between is the beginning of the new view.
/// * **Remote outputs** are views that others keep. The stream is followed until it comes to a place that one of them
///   has been at; its blocks up to there are read where they are, and what is behind is applied and held in memory.
///   More or fresher outputs change the work, never the result. What an output has need not be held in memory: it
///   is dropped.
/// * Without any output the whole view is held in memory.
///
/// Inputs are logs that only grow. Nodes that are cut off an input and written anew, up to the same length, go
/// unnoticed.
///
/// ## Calls while a call runs
///
/// A view belongs to one driver at a time and has no locks. An update that is asked for while one runs, by the apply
/// function or by ``onEvent``, returns at once: the running call makes one more run when it is done, not more,
/// however often it was asked; requests made during that second run are left to the next call. ``status`` tells of
/// the last run that changed something.
///
/// ## As a log
///
/// Any number of sessions show the same view, as logs of entries (``wrapped``) or of the bare values that apply appended
/// (``unwrapped``). A structure that lives in a log, such as a Hyperbee, stands on the unwrapped view: it is written
/// inside apply, where ``append(_:)`` works and what it appended is read back, and read anywhere.
///
/// Source: spec 03b §7.
public final class LinearizedView {
  let core: ViewCore
  /// Whether ``block(at:)`` gives the value of an entry, and not the whole entry.
  public let isUnwrapped: Bool
  /// Called after an update that changed the view: first for a truncation, with the number of blocks that stayed the
  /// same, then for an append, of blocks that were applied or that came with an output.
  public var onEvent: ((SessionEvent) -> Void)? {
    didSet { if oldValue == nil && onEvent != nil { core.add(self) } }
  }

  init(_ core: ViewCore, unwraps: Bool) {
    self.core = core
    isUnwrapped = unwraps
  }

  /// A session on the same view that gives values.
  public var unwrapped: LinearizedView { LinearizedView(core, unwraps: true) }
  /// A session on the same view that gives whole entries.
  public var wrapped: LinearizedView { LinearizedView(core, unwraps: false) }

  /// What the last update did.
  public var status: ViewStatus { core.status }
  /// Whether the view is kept in a local output.
  public var isWritable: Bool { core.base?.localOutput != nil }
  /// The output whose first blocks are those of the view, and how many of them; nil when all is held in memory.
  public var trunk: (key: Fixed32, length: UInt64)? {
    guard let trunk = core.state.trunk, core.state.trunkLength > 0 else { return nil }
    return (trunk.key, core.state.trunkLength)
  }
  /// Number of blocks that are held in memory only.
  public var inMemoryLength: UInt64 { UInt64(core.state.nodes.count) }
  /// Outputs that the last update had to do without.
  public var unreadableOutputs: [UnreadableOutput] { core.unreadable }

  /// Brings the view to the order of all nodes that the inputs have now. Does nothing when neither inputs nor outputs
  /// changed since the last time.
  ///
  /// - Returns: what was done, the same as ``status``.
  /// - Throws: ``ApplyError`` when apply threw: the calls before are kept. ``ClassicError`` when an input, or the local
  ///   output, cannot be read; ``ViewError``; what the local output throws when it is written. The view then is as it
  ///   was, or as the steps made it that are stored, of which ``status`` tells.
  @discardableResult
  public func update() throws -> ViewStatus {
    try core.update()
    return core.status
  }

  /// The entry at `index`.
  ///
  /// - Throws: `LogError.blockNotAvailable` beyond the end. ``ClassicError/unavailable(key:seq:length:)`` names the
  ///   output that has the block when it is not stored here.
  public func node(at index: UInt64) throws -> OutputNode { try core.state.node(at: index) }

  /// The value at `index`, whether the session is unwrapped or not.
  public func value(at index: UInt64) throws -> [UInt8] { try core.state.node(at: index).value }

  /// The view as it is now, unaffected by later updates until it is itself updated.
  public func viewSnapshot() throws -> ViewSnapshot { try ViewSnapshot(core, unwraps: isUnwrapped) }
}

extension LinearizedView: AppendableLog {
  /// Number of blocks after the last update; inside apply, with those appended so far.
  public var length: UInt64 { core.state.length }
  /// Counts truncations.
  public var fork: UInt64 { core.fork }
  public var epoch: UInt64 { core.epoch }

  /// The block at `index`: the value if the session is unwrapped, else the whole entry as an output has it.
  ///
  /// - Throws: as ``node(at:)``.
  public func block(at index: UInt64) throws -> [UInt8] {
    isUnwrapped ? try value(at: index) : try core.block(at: index)
  }

  /// Appends values, inside an apply call.
  ///
  /// - Returns: the new length.
  /// - Throws: ``ViewError/appendOutsideApply``.
  @discardableResult
  public func append(_ values: [[UInt8]]) throws -> UInt64 {
    try core.append(values)
    return length
  }

  /// Appends one value, inside an apply call.
  @discardableResult
  public func append(_ value: [UInt8]) throws -> UInt64 { try append([value]) }

  /// Never allowed: only an update truncates a view.
  ///
  /// - Throws: ``ViewError/truncationOfView``.
  public func truncate(to length: UInt64) throws { throw ViewError.truncationOfView }

  public func snapshot() throws -> any ReadableLog { try viewSnapshot() }

  /// Runs `body`, in which many reads of the output cost its store little more than one.
  public func reading<R>(_ body: () throws -> R) throws -> R { try core.state.reading(body) }
}
