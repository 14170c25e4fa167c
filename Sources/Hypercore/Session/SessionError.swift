/// Why an operation on a log was refused.
///
/// ``description`` has the reference's code and wording where it has the error.
public enum SessionError: Error, Equatable, Sendable {
  /// The session may not append, or there is no key pair to sign with.
  case notWritable
  /// The session may not truncate, or there is no key pair to sign with.
  case notTruncatable
  /// The session was closed; the text names what was tried.
  case closed(String)
  /// A session was asked of a closed one.
  case noSessionOnClosedCore
  /// A block has more than ``Hypercore/maximumBlockSize`` bytes.
  case blockTooLarge(size: Int)
  /// A block index that no log can have.
  case invalidBlockIndex
  /// A byte offset that no log can have.
  case invalidSeek
  /// A checkout without a name, of a state that is not a draft.
  case checkoutWithoutName
  /// A checkout behind the end of the log, or inside the part its manifest fixes.
  case invalidCheckout(length: UInt64, limit: UInt64)
  /// The session to commit is no draft of this core's default state.
  case notADraft
  /// The signature does not cover the tree that it is to make the head.
  case invalidSignature
  /// The block was truncated away after the snapshot was taken, and is not kept.
  case snapshotNotAvailable(index: UInt64)
  /// Nothing is stored under the key.
  case storageEmpty
  /// Another core is stored where this one was to be opened, or the manifest belongs to another one.
  case storageConflict(String)
  /// Two conflicting signatures were seen for this core; it takes no more data.
  case frozen
  /// A write transaction was asked for inside a read transaction.
  case writeInsideRead
  /// An inner transaction failed half-way, and the outer one went on; all of it is undone.
  case transactionFailed
  /// Somebody else changed the log after the atom had been opened on it.
  case atomConflict(length: UInt64, fork: UInt64, foundLength: UInt64, foundFork: UInt64)
  /// The stored head and the stored tree do not agree.
  case corrupt(String)
}

extension SessionError {
  /// The reference's error code.
  public var code: String {
    switch self {
    case .notWritable, .notTruncatable: "SESSION_NOT_WRITABLE"
    case .closed, .noSessionOnClosedCore: "SESSION_CLOSED"
    case .blockTooLarge: "BAD_ARGUMENT"
    case .writeInsideRead, .transactionFailed, .atomConflict:
      "INVALID_OPERATION"
    case .invalidBlockIndex, .invalidSeek, .checkoutWithoutName, .invalidCheckout, .notADraft: "ERR_ASSERTION"
    case .invalidSignature, .frozen: "INVALID_SIGNATURE"
    case .snapshotNotAvailable: "SNAPSHOT_NOT_AVAILABLE"
    case .storageEmpty: "STORAGE_EMPTY"
    case .storageConflict: "STORAGE_CONFLICT"
    case .corrupt: "INVALID_CHECKSUM"
    }
  }
}

extension SessionError: CustomStringConvertible {
  /// Code and text, for people.
  public var description: String { code + ": " + reason }

  private var reason: String {
    switch self {
    case .notWritable: "cannot append to a readonly core"
    case .notTruncatable: "cannot append to a non-writable core"
    case .closed(let operation): "cannot \(operation) on a closed session"
    case .noSessionOnClosedCore: "Cannot make sessions on a closing core"
    case .blockTooLarge: "Appended block exceeds the maximum suggested block size"
    case .invalidBlockIndex: "block index is invalid"
    case .invalidSeek: "seek is invalid"
    case .checkoutWithoutName: "Checkouts are only supported on atoms or named sessions"
    case .invalidCheckout(let length, let limit): "Cannot check out length \(length), the limit is \(limit)"
    case .notADraft: "Can only commit into the default session from one of its drafts"
    case .invalidSignature: "Signature is not valid over committed tree"
    case .snapshotNotAvailable(let index): "Block \(index) was truncated after the snapshot was taken"
    case .storageEmpty: "No Hypercore is stored here"
    case .storageConflict(let text): text
    case .frozen: "Two conflicting signatures exist for this core"
    case .writeInsideRead: "A write transaction cannot start inside a read transaction"
    case .transactionFailed: "A part of the transaction failed, all of it was undone"
    case .atomConflict(let length, let fork, let foundLength, let foundFork):
      "The core changed from length \(length), fork \(fork) to length \(foundLength), fork \(foundFork) under an atom"
    case .corrupt(let text): text
    }
  }
}
