#if canImport(Glibc)
import Glibc
#endif

/// A directory that goes away with the object.
final class TemporaryDirectory {
  let path: String

  init() {
    var template = Array("/tmp/hypertools-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template))
  }

  deinit { Self.remove(path) }

  private static func remove(_ path: String) {
    chmod(path, 0o700)
    guard let directory = opendir(path) else {
      unlink(path)
      return
    }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != "." && name != ".." { remove(path + "/" + name) }
    }
    closedir(directory)
    rmdir(path)
  }
}
