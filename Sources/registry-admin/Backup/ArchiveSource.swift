import Glibc
import ToolKit

/// The bytes of a file or of standard input.
final class ArchiveSource {
  private let descriptor: Int32
  private let path: String

  /// - Parameter path: `-` for standard input.
  init(_ path: String) throws {
    self.path = path == "-" ? "standard input" : path
    descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw ToolError.system("cannot read \(path)", errno) }
  }

  deinit { if descriptor > 0 { close(descriptor) } }

  /// Fills a buffer with what comes next, and returns how many bytes there were; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR { throw ToolError.system("cannot read \(path)", errno) }
    }
  }
}
