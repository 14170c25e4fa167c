public import CompactEncoding

/// Why a node could not be opened.
public enum RegistryNodeError: Error, Equatable, Sendable {
  /// The store holds another registry than the one asked for.
  case otherRegistry(expected: Fixed32, found: Fixed32)
  /// The store holds no registry, and it is opened only for reading.
  case notInitialized
  /// A block of the system view that lists the members is not stored here yet: the node went on from a state of others.
  case membersUnknown(block: UInt64, length: UInt64)
  /// Another process is the node of this store.
  case alreadyRunning(path: String, processID: Int32?)
  /// The lock file cannot be opened.
  case lock(path: String, code: Int32)
}

extension RegistryNodeError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .otherRegistry(let expected, let found): "The store belongs to the registry \(found), not to \(expected)"
    case .notInitialized: "The store holds no registry"
    case .membersUnknown(let block, let length):
      "The node is still fetching block \(block) of \(length) of the system view, which lists the members"
    case .alreadyRunning(let path, let processID):
      "Another node is running on this store" + (processID.map { " (process \($0))" } ?? "") + ": \(path) is locked"
    case .lock(let path, let code): "The lock \(path) cannot be taken: error \(code)"
    }
  }
}
