public import CompactEncoding
public import Corestore
public import Hypercore
public import ToolKit

extension StoreError: ToolErrorConvertible {
  public var toolError: ToolError {
    let status: ExitStatus =
      switch category {
      case .temporary: .temporary
      case .integrity: .integrity
      case .notFound: .negative
      case .incompatible: .incompatible
      case .localIO: .localIO
      case .refused: .refused
      }
    if case .missing(let path) = self {
      return ToolError(
        status, "no store at \(path)",
        hint: "`hc-log create NAME` makes one; another one is named with --store or HYPERTOOLS_STORE")
    }
    // The library's text is `what happened; what to do`.
    let parts = "\(self)".split(separator: ";", maxSplits: 1).map { $0.drop { $0 == " " } }
    return ToolError(status, String(parts[0]), hints: parts.dropFirst().map(String.init))
  }
}

extension SessionError: ToolErrorConvertible {
  public var toolError: ToolError {
    switch self {
    case .notWritable, .notTruncatable:
      ToolError(
        .refused, "the log cannot be written here: its key pair is not in this store",
        hint: "write it where it was created")
    case .frozen:
      ToolError(.integrity, "the log is frozen: two conflicting signatures of it were seen")
    case .blockTooLarge(let size):
      ToolError(.usage, "a block of \(size) bytes is larger than \(Hypercore.maximumBlockSize) bytes")
    case .storageEmpty: ToolError(.negative, "no such log is stored here")
    case .storageConflict(let text): ToolError(.refused, text)
    case .corrupt(let text):
      ToolError(
        .integrity, "the store is damaged: \(text)", hint: "`hc-log verify` names what is bad; restore a backup")
    case .invalidSignature: ToolError(.integrity, reason)
    case .snapshotNotAvailable, .atomConflict: ToolError(.temporary, reason, hint: "try again")
    default: ToolError(.usage, reason)
    }
  }

  private var reason: String {
    let text = "\(self)"
    return text.hasPrefix(code + ": ") ? String(text.dropFirst(code.count + 2)) : text
  }
}

extension LogError: ToolErrorConvertible {
  public var toolError: ToolError {
    switch self {
    case .blockNotAvailable(let index, let length):
      index < length
        ? ToolError(.negative, "block \(index) is not stored here")
        : ToolError(.negative, "there is no block \(index): the log has \(length) blocks")
    }
  }
}

extension MerkleError: ToolErrorConvertible {
  public var toolError: ToolError { ToolError(.integrity, "\(self)") }
}

extension ManifestError: ToolErrorConvertible {
  public var toolError: ToolError { ToolError(.integrity, "\(self)") }
}

extension DecodingError: ToolErrorConvertible {
  public var toolError: ToolError { ToolError(.integrity, "\(self)") }
}
