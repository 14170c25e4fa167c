public import CompactEncoding

/// Changes of the inputs and outputs of a base that take effect together.
///
/// Of two batches that were begun before either was committed, the second one fails.
public final class MemberBatch {
  private let base: ClassicAutobase
  private let version: UInt64
  private var changes: [Change] = []

  enum Change {
    case addInput(any CausalLog)
    case removeInput(Fixed32)
    case freezeInput(Fixed32, length: UInt64)
    case thawInput(Fixed32)
    case addOutput(any CausalLog)
    case removeOutput(Fixed32)
  }

  init(_ base: ClassicAutobase) {
    self.base = base
    version = base.memberVersion
  }

  /// Adds an input; nothing happens if it is one.
  public func addInput(_ log: any CausalLog) { changes.append(.addInput(log)) }
  /// Removes an input with all its entries; nothing happens if it is none.
  public func removeInput(_ key: Fixed32) { changes.append(.removeInput(key)) }
  /// Keeps the first `length` entries of an input and ignores all others, old and new.
  public func freezeInput(_ key: Fixed32, at length: UInt64) { changes.append(.freezeInput(key, length: length)) }
  /// Ends the freezing of an input.
  public func thawInput(_ key: Fixed32) { changes.append(.thawInput(key)) }
  /// Adds an output; nothing happens if it is one.
  public func addOutput(_ log: any CausalLog) { changes.append(.addOutput(log)) }
  /// Removes an output; nothing happens if it is none.
  public func removeOutput(_ key: Fixed32) { changes.append(.removeOutput(key)) }

  /// Makes all changes, in the order in which they were asked for.
  ///
  /// - Throws: ``ClassicError/batchOutOfDate`` when other changes were committed since this batch was begun, or this
  ///   one was; ``ClassicError/notAnInput(_:)`` when a log to freeze is none. Then nothing is changed.
  public func commit() throws { try base.commit(changes, begunAt: version) }
}
