import CompactEncoding
public import Hypercore

/// A view as it was at one moment.
public final class ViewSnapshot {
  private let core: ViewCore
  /// Whether ``block(at:)`` gives the value of an entry, and not the whole entry.
  public let isUnwrapped: Bool
  private var state: ViewState
  private var tail = TailBlocks()
  public private(set) var fork: UInt64
  public private(set) var epoch: UInt64

  init(_ core: ViewCore, unwraps: Bool) throws {
    self.core = core
    isUnwrapped = unwraps
    state = try core.state.snapshot()
    fork = core.fork
    epoch = core.epoch
  }

  /// Updates the view, and shows what it is then.
  ///
  /// - Throws: as ``LinearizedView/update()``.
  public func update() throws {
    try core.update()
    state = try core.state.snapshot()
    fork = core.fork
    epoch = core.epoch
    tail = TailBlocks()
  }

  /// The entry at `index`.
  ///
  /// - Throws: as ``LinearizedView/node(at:)``.
  public func node(at index: UInt64) throws -> OutputNode { try state.node(at: index) }

  /// The value at `index`, whether the snapshot is unwrapped or not.
  public func value(at index: UInt64) throws -> [UInt8] { try state.node(at: index).value }
}

extension ViewSnapshot: ReadableLog {
  public var length: UInt64 { state.length }

  public func block(at index: UInt64) throws -> [UInt8] {
    if isUnwrapped { return try value(at: index) }
    if index < state.trunkLength, let trunk = state.trunk { return try trunk.block(at: index) }
    return try tail.block(at: index, of: state, format: core.format, order: core.order)
  }

  public func snapshot() throws -> any ReadableLog { self }
  public func reading<R>(_ body: () throws -> R) throws -> R { try state.reading(body) }
}
