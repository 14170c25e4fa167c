public import CompactEncoding

/// Why a view could not be read, written or updated.
public enum ViewError: Error, Equatable, Sendable {
  /// `append` was called outside of an apply call. What is in a view follows from its inputs: append to one of them.
  case appendOutsideApply
  /// A view was to be truncated. Only an update does that, when the order of the inputs' nodes changes.
  case truncationOfView
  /// The nodes of input `key` around `sequence` form no whole batch in the order, so that apply could not be called with
  /// it. Fetch the rest of the batch and update again.
  case incompleteBatch(key: Fixed32, sequence: UInt64)
  /// The local output is an input as well, or holds something else than a view: it is left as it is. Give the view an empty log, or one that
  /// a view was stored in.
  case notAnOutput(key: Fixed32)
  /// Somebody else wrote the local output each time an update was about to. Let one process at a time update it.
  case outputChanged(key: Fixed32)
  /// The base that the view belongs to is gone.
  case baseClosed
}

extension ViewError: CustomStringConvertible {
  /// The message for people.
  public var description: String {
    switch self {
    case .appendOutsideApply: "a view can only be appended to inside apply; append to an input of the base instead"
    case .truncationOfView: "a view is truncated by its updates only"
    case .incompleteBatch(let key, let sequence):
      "the batch around node \(sequence) of input \(key) is not complete; fetch the rest of it and update again"
    case .notAnOutput(let key):
      "the local output \(key) is an input, or holds something else than a view; give an empty log, or one that a view was stored in"
    case .outputChanged(let key):
      "the local output \(key) is being written by somebody else; let one process at a time update it"
    case .baseClosed: "the base of this view is gone; keep it as long as its view"
    }
  }
}

/// An apply call threw. Its blocks are dropped; those of the calls before it are kept, and the next update begins with
/// the same batch.
public struct ApplyError: Error, CustomStringConvertible {
  /// The input whose batch was applied.
  public var change: Fixed32
  /// Sequence number of the batch's last node.
  public var sequence: UInt64
  /// What apply threw.
  public var underlying: any Error

  /// A failure of apply.
  public init(change: Fixed32, sequence: UInt64, underlying: any Error) {
    self.change = change
    self.sequence = sequence
    self.underlying = underlying
  }

  /// The message for people.
  public var description: String { "apply failed at node \(sequence) of input \(change): \(underlying)" }
}
