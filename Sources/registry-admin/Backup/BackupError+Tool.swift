import Glibc
public import StoreBackup
public import ToolKit

extension BackupError: ToolErrorConvertible {
  public var toolError: ToolError {
    switch self {
    case .damaged, .truncated, .unsound:
      ToolError(.integrity, "\(self)", hint: "nothing was restored; take another backup")
    case .notABackup: ToolError(.integrity, "\(self)")
    case .newer: ToolError(.incompatible, "\(self)", hint: "use a newer version of the program")
    case .system(let path, _, let code) where code == EEXIST || code == ENOTEMPTY:
      ToolError(
        .refused, "\(path) is there already, and not empty", hint: "a backup is restored to a place where nothing is")
    case .system(let path, let operation, let code): ToolError.system("cannot \(operation) \(path)", code)
    }
  }
}
