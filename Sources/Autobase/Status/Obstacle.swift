import Hypercore

/// Why a base does not do what it could.
public enum AutobaseObstacle: Sendable, Hashable {
  /// `apply` met something that it cannot cope with, and stopped the base.
  case interrupted(String)
  /// The store could not be written the last time: the disk is full, or fails.
  case storeFailed(String)
  /// The end of the local log may have been lost: nothing is appended until peers confirm where it ends.
  case recovering(length: UInt64)
  /// It gathers a state that others have signed.
  case fastForwarding(String)
  /// Blocks of a view that must be read to go on are not stored here.
  case missingBlocks(view: String, indexes: [UInt64])
}

extension AutobaseObstacle: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .interrupted(let reason): "stopped by apply: \(reason)"
    case .storeFailed(let reason): "the store: \(reason)"
    case .recovering(let length): "a peer to confirm that the own log ends at \(length)"
    case .fastForwarding(let wait): wait
    case .missingBlocks(let view, let indexes):
      "block \(indexes.map { "\($0)" }.joined(separator: ", ")) of view \(view)"
    }
  }
}

extension Autobase {
  /// Why the base does not go on at the moment; nil when nothing stands in its way but what others must do.
  public var obstacle: AutobaseObstacle? {
    if let interruption { return .interrupted(interruption) }
    if let storeFailure { return .storeFailed(storeFailure) }
    if isRecovering { return .recovering(length: local?.length ?? 0) }
    if let missing = missingBlocks.first { return .missingBlocks(view: missing.view, indexes: missing.blocks) }
    return fastForwardWait.map { .fastForwarding($0) }
  }
}
