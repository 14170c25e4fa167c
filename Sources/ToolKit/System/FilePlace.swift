import Glibc

/// What a path leads to.
enum FilePlace {
  /// Links that are followed at most, as the system does.
  private static let maximumLinkCount = 40

  /// The folder that holds a file.
  static func folder(of path: String) -> String {
    guard let end = path.lastIndex(of: "/") else { return "." }
    return end == path.startIndex ? "/" : String(path[..<end])
  }

  /// Where a path leads when it is a symbolic link, whether or not there is something.
  static func target(of path: String) throws(ToolError) -> String {
    var target = path
    for _ in 0..<maximumLinkCount {
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
      let count = readlink(target, &buffer, buffer.count)
      guard count > 0 else { return target }
      let link = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      target = link.hasPrefix("/") ? link : "\(folder(of: target))/\(link)"
    }
    throw .system("cannot create \(path)", ELOOP)
  }

  /// Whether a file appears at a path, or is there and can be replaced; false for devices and the like.
  static func isRegular(_ target: String, _ path: String) throws(ToolError) -> Bool {
    var info = stat()
    guard stat(target, &info) == 0 else { return true }
    switch info.st_mode & S_IFMT {
    case S_IFREG: return true
    case S_IFDIR: throw .system("cannot create \(path)", EISDIR)
    default: return false
    }
  }
}
