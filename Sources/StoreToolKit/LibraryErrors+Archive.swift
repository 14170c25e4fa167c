public import HypercoreArchive
public import ToolKit

extension ArchiveError: ToolErrorConvertible {
  public var toolError: ToolError {
    switch self {
    case .notAnArchive: ToolError(.integrity, "\(self)", hint: "`hc-log export` writes archives")
    case .newer: ToolError(.incompatible, "\(self)", hint: "use a newer version of the program")
    case .damaged, .truncated:
      ToolError(.integrity, "\(self)", hint: "nothing was taken from it; export the logs again")
    case .conflict:
      ToolError(
        .integrity, "\(self)",
        hint: "a writer that runs on two copies of its store does that; nothing was taken from the archive")
    case .otherFork:
      ToolError(.refused, "\(self)", hint: "nothing was taken from the archive; `hc-log replicate` follows truncations")
    case .unclear: ToolError(.refused, "\(self)", hint: "import an archive that has them first")
    case .system(let path, let operation, let code): ToolError.system("cannot \(operation) \(path)", code)
    }
  }
}

extension LogExportError: ToolErrorConvertible {
  public var toolError: ToolError {
    switch self {
    case .truncated: ToolError(.temporary, "a log was truncated while it was exported", hint: "try again")
    case .damaged(let blocks, let detail):
      ToolError(
        .integrity, "blocks \(blocks.lowerBound) to \(blocks.upperBound - 1) of a log are damaged: \(detail)",
        hint: "`hc-log verify` names what is bad; restore a backup, or fetch the log again from other peers")
    }
  }
}
