public import CompactEncoding

/// Why a base could not do what was asked.
public enum AutobaseError: Error, Equatable, Sendable {
  /// There is no local writer, or it is no member.
  case notWritable
  /// A value with an empty encoding: others would read it as an ack, and views would differ.
  case emptyValue
  /// A view was written outside `apply`.
  case viewNotWritable(String)
  /// A view of that name was not opened.
  case unknownView(String)
  /// A truncation of blocks that are signed.
  case truncationOfSignedBlocks(String, to: UInt64, signed: UInt64)
  /// `apply` asked to remove the only indexer.
  case lastIndexer
  /// The system view is of a version this program does not know.
  case upgradeRequired(UInt64)
  /// `apply` asked to stop: the base does no further work until it is opened with an `apply` that copes.
  case interrupted(String)
  /// An earlier failure, or `close`, ended the base. Open it again.
  case closed
  /// The manifest of a core that is needed is not known here yet.
  case manifestUnknown(Fixed32)
  /// What is stored contradicts itself.
  case corrupt(String)
}

extension AutobaseError: CustomStringConvertible {
  /// One line for people, with the wording of the reference where it has one.
  public var description: String {
    switch self {
    case .notWritable: "Not writable"
    case .emptyValue: "A value must not be empty"
    case .viewNotWritable(let name): "View \(name) can only be written inside apply"
    case .unknownView(let name): "No view named \(name) was opened"
    case .truncationOfSignedBlocks(let name, let length, let signed):
      "View \(name) cannot be truncated to \(length): \(signed) blocks are signed"
    case .lastIndexer: "Not allowed to remove the last indexer"
    case .upgradeRequired(let version): "Autobase upgrade required: the system has version \(version)"
    case .interrupted(let reason): "Interrupted by apply: \(reason)"
    case .closed: "Autobase is closing"
    case .manifestUnknown(let key): "The manifest of core \(key) is not known here yet"
    case .corrupt(let reason): "The store is inconsistent: \(reason)"
    }
  }
}
