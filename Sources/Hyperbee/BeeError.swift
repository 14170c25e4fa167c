/// Why a bee could not be read or written.
public enum BeeError: Error, Equatable, Sendable {
  /// A block is no node or header, or a node breaks a rule of the tree.
  case invalidBlock(sequence: UInt64, reason: String)
  /// The instance or the log below it cannot be written.
  case readOnly
  /// The log grew or was truncated under an open batch or iterator. Start again.
  case logChanged(expectedLength: UInt64, foundLength: UInt64, expectedEpoch: UInt64, foundEpoch: UInt64)
  /// A batch was used after ``Batch/flush()`` or ``Batch/close()``.
  case batchClosed
  /// A history was asked to be both live and reversed.
  case liveReverse
  /// A sub, checkout or snapshot was asked to watch.
  case watchNeedsMainInstance
  /// A key or value is not what its codec writes.
  case invalidCodedBytes(String)
}

extension BeeError: CustomStringConvertible {
  /// One line for people, with the wording of the reference where it has one.
  public var description: String {
    switch self {
    case .invalidBlock(let sequence, let reason): "Decoded message is not valid: block \(sequence): \(reason)"
    case .readOnly: "Hyperbee is marked as read-only"
    case .logChanged(let expectedLength, let foundLength, let expectedEpoch, let foundEpoch):
      "The log has changed: length \(foundLength) instead of \(expectedLength), "
        + "epoch \(foundEpoch) instead of \(expectedEpoch)"
    case .batchClosed: "Batch is closed"
    case .liveReverse: "Cannot have both live and reverse enabled"
    case .watchNeedsMainInstance: "Can only watch the main bee instance"
    case .invalidCodedBytes(let codec): "Bytes are not valid \(codec)"
    }
  }
}
