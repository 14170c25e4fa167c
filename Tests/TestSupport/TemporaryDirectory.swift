import Glibc

/// A folder for one test, removed with everything in it when the last reference goes.
public final class TemporaryDirectory: Sendable {
  /// Its absolute path.
  public let path: String

  /// A new, empty folder that only this user can read.
  public init() {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/hypertools-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("cannot make a folder in \(parent): error \(errno)") }
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  deinit {
    _ = try? Command("rm", ["-rf", path]).run()
  }

  /// The path of `name` in the folder.
  public func file(_ name: String) -> String { path + "/" + name }

  /// Writes a file into the folder and returns its path.
  @discardableResult
  public func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path = file(name)
    guard let stream = fopen(path, "wb") else { throw FileError(path: path, code: errno) }
    defer { fclose(stream) }
    guard fwrite(bytes, 1, bytes.count, stream) == bytes.count else { throw FileError(path: path, code: errno) }
    return path
  }
}
