public import AutobaseClassic
import CompactEncoding
public import HypercoreArchive
import ToolKit

extension ArchivedLog: CausalLog {
  /// Runs `body`; its errors tell what is wrong with an archive.
  ///
  /// - Parameter path: the file, where it is known which one it is.
  static func naming<R>(_ path: String? = nil, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as ArchiveError {
      let prefix = path.map { "\(Messages.escape($0)): " } ?? ""
      switch error {
      case .newer: throw ToolError(.incompatible, prefix + "\(error)")
      case .notAnArchive: throw ToolError(.usage, prefix + "\(error)", hint: "`hc-log export` writes archives")
      case .system(let path, let operation, let code): throw ToolError.system("cannot \(operation) \(path)", code)
      case .damaged, .truncated, .conflict, .otherFork, .unclear: throw ToolError(.integrity, prefix + "\(error)")
      }
    }
  }
}
