import Hypercore

/// An answer that came and is not stored yet.
struct Gathered {
  let peer: CorePeer
  /// What was asked; nil for what was not.
  let entry: RequestTable.Entry?
  /// Block index and bytes of an answer with a block and nothing else; its siblings lie in `gatheredNodes`.
  var block: (index: UInt64, value: ArraySlice<UInt8>, nodes: Range<Int>)?
  /// Any other answer.
  var other: OtherAnswer?
  /// Siblings of a block that waits for others.
  var ownNodes: [TreeNode]?
}

/// An answer that is more, or less, than a block: kept apart, since it is large and rare.
final class OtherAnswer {
  let proof: Proof
  init(_ proof: Proof) { self.proof = proof }
}

/// What became of a gathered answer; it takes effect when the transaction is committed.
struct Outcome {
  enum Result {
    /// It was stored, or was of no use and harmless.
    case stored
    /// It does not hold.
    case failed(MerkleError)
    /// It leads to a node that is not known yet.
    case waits
    /// It concerns a state of the log that is gone.
    case stale
    /// It starts or continues the search for a common history.
    indirect case search(Reorg)
    /// The log follows another fork now.
    case followed
    /// What a check for conflicts found.
    indirect case verdict(ConflictVerdict)
    /// It contradicts what is stored: the log is frozen, and these proofs tell others.
    case contradiction([Proof])

    /// Whether the log is frozen by it.
    var isConflict: Bool {
      switch self {
      case .contradiction, .verdict(.conflict): true
      default: false
      }
    }
  }

  let item: Int
  let result: Result
}

/// The search for the history that is shared with a higher fork.
struct ReorgSearch {
  let peer: CorePeer
  let fork: UInt64
  /// What is known since the peer's head was verified.
  var search: Reorg?
  var isAsked = false
  /// When the peer was asked last.
  var time: UInt64
}
