/// What happened to a node that an operator should know.
public enum NodeEvent: Sendable, Hashable {
  /// Its nodes are votes from now on.
  case becameIndexer
  /// Its nodes are no votes any more.
  case ceasedToBeIndexer
  /// It may write.
  case becameWriter
  /// It may not write any more.
  case ceasedToBeWriter
  /// The view has another key.
  case viewMoved
  /// The base skipped what lies between two lengths of the system view, since a quorum has signed the result.
  case fastForward(from: UInt64, to: UInt64)
  /// Something failed, and is tried again.
  case failed(String)
  /// What failed works again.
  case recovered
}
