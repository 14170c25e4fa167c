import CLimits
import Glibc

/// A scratch directory on the file system that is measured, and the length of a round.
final class Workspace {
  /// The scratch directory; it is removed at the end.
  let path: String
  /// Seconds of one round.
  let budget: Double
  /// Where the built tools are.
  let tools: String
  /// The file of registry entries.
  let entries: String
  private var count = 0

  init(in directory: String, budget: Double, tools: String, entries: String) throws {
    self.budget = budget
    self.tools = tools
    self.entries = entries
    mkdir(directory, 0o755)
    var template = Array((directory + "/run-XXXXXX").utf8CString)
    guard let made = mkdtemp(&template) else {
      throw BenchError("cannot make a directory in \(directory): \(String(cString: strerror(errno)))")
    }
    path = String(cString: made)
  }

  /// A path in the scratch directory that nothing uses yet.
  func fresh(_ name: String) -> String {
    count += 1
    return "\(path)/\(count)-\(name)"
  }

  /// Removes the scratch directory and all that is in it.
  func remove() { Self.remove(path) }

  private static func remove(_ path: String) {
    if let directory = opendir(path) {
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { remove(path + "/" + name) }
      }
      closedir(directory)
    }
    _ = Glibc.remove(path)
  }

  /// The name of the file system: a figure of a durable write means nothing on one that lives in memory.
  var fileSystem: String {
    switch limits_file_system(path) {
    case 0xEF53: "ext4"
    case 0x5846_5342: "xfs"
    case 0x9123_683E: "btrfs"
    case 0x0102_1994: "tmpfs"
    case 0x794C_7630: "overlayfs"
    case 0x2FC1_2FC1: "zfs"
    case let other: "0x" + String(other, radix: 16)
    }
  }
}
