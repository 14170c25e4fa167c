/// Why a tree operation or a proof was refused.
///
/// ``description`` has the reference's code and wording, for logs and for comparison.
public enum MerkleError: Error, Equatable, Sendable {
  /// A node that the operation needs is not stored.
  case missingNode(UInt64)
  /// A proof has another node, or none, where the tree's shape asks for one.
  case unexpectedNode(expected: UInt64, found: UInt64?)
  /// A proof has a node that fits nowhere.
  case strayNode(UInt64)
  /// The hash computed from a proof differs from that of the stored node.
  case checksumMismatch(index: UInt64)
  /// The proof holds, and so does that of the stored node, which is another one: two histories were signed.
  case contradiction(index: UInt64)
  /// An upgrade asks for, or carries, an empty range or one behind the end of the log.
  case invalidUpgrade
  /// More nodes are asked for than lie between the target and its root.
  case nodesOutOfBounds
  /// The byte offset does not lie in the subtree that the request names.
  case invalidSeek
  /// The target lies behind the range that the proof covers.
  case invalidBlockRequest
  /// A seek and a block or hash inside the new range were asked for at once.
  case seekWhileUpgrading
  /// The block itself is not stored.
  case missingBlock(UInt64)
  /// The proof does not cover the part of the log that the manifest fixes.
  case prologueUnsatisfied
  /// The part of the log that the manifest fixes has another hash.
  case invalidHash
  /// The manifest does not belong to the core key, or no quorum can be met under it.
  case invalidManifest
  /// The signature is not valid for the tree that the proof leads to.
  case invalidSignature
  /// A proof of a fork leaves a gap.
  case forkNotVerifiable
  /// A truncation would lengthen the log.
  case notATruncation(to: UInt64, length: UInt64)
  /// A truncation would cut into the part of the log that the manifest fixes.
  case prologueTruncated
  /// An append would leave the log shorter than the part that the manifest fixes.
  case appendBelowPrologue
  /// A log that the fixed part is to be copied from starts differently.
  case prologueMismatch
  /// The tree was changed while the batch was prepared.
  case treeModified
  /// A length or byte length above 2^53 − 1.
  case tooLarge
}

extension MerkleError {
  /// The reference's error code. Everything but `INVALID_OPERATION` makes a reader suspect its peer; that one may be
  /// a stale answer.
  public var code: String {
    switch self {
    case .checksumMismatch, .contradiction: "INVALID_CHECKSUM"
    case .prologueUnsatisfied, .invalidHash, .forkNotVerifiable, .tooLarge: "INVALID_PROOF"
    case .invalidManifest, .invalidSignature: "INVALID_SIGNATURE"
    default: "INVALID_OPERATION"
    }
  }
}

extension MerkleError: CustomStringConvertible {
  public var description: String { code + ": " + reason }

  private var reason: String {
    switch self {
    case .missingNode(let index): "Expected tree node \(index) from storage, got (nil)"
    case .unexpectedNode(let expected, nil): "Expected node \(expected), got (nil)"
    case .unexpectedNode(let expected, let found?): "Expected node \(expected), got node \(found)"
    case .strayNode(let index): "Unexpected node: \(index)"
    case .checksumMismatch(let index): "Invalid checksum at node \(index)"
    case .contradiction(let index): "Two signed histories differ at node \(index)"
    case .invalidUpgrade: "Invalid upgrade"
    case .nodesOutOfBounds: "Nodes is out of bounds"
    case .invalidSeek: "Invalid seek"
    case .invalidBlockRequest: "Invalid block request"
    case .seekWhileUpgrading: "Cannot both do a seek and block/hash request when upgrading"
    case .missingBlock(let index): "Expected block \(index) from storage, got (nil)"
    case .prologueUnsatisfied: "Upgrade does not satisfy prologue"
    case .invalidHash: "Invalid hash"
    case .invalidManifest: "Proof contains an invalid manifest"
    case .invalidSignature: "Proof contains an invalid signature"
    case .forkNotVerifiable: "Fork proof not verifiable"
    case .notATruncation(let length, let current): "Not a truncation, \(length) must be less or equal to \(current)"
    case .prologueTruncated: "Truncation breaks prologue"
    case .appendBelowPrologue: "Append is not consistent with prologue"
    case .prologueMismatch: "Prologue does not match source"
    case .treeModified: "Tree was modified during batch, refusing to commit"
    case .tooLarge: "Length or size is greater than the maximum safe integer"
    }
  }
}
