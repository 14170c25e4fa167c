internal import Glibc

/// A folder that only this user can read, for what is not finished.
struct TemporaryFolder {
  let path: String

  /// - Parameter name: how its name begins.
  init(in parent: String, name: String = ".hypertools-") throws(BackupError) {
    var template = Array("\(parent)/\(name)XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .system(path: parent, operation: "write into", code: errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Removes the folder with all that is in it.
  func remove() { Self.remove(path) }

  private static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    if let stream = opendir(path) {
      var names: [String] = []
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != ".", name != ".." { names.append(name) }
      }
      closedir(stream)
      for name in names { remove(path + "/" + name) }
    }
    rmdir(path)
  }
}
