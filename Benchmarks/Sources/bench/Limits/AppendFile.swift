import Glibc

/// A file that is only ever appended to, with its data forced to disk after every write unless told
/// otherwise: what any durable write costs.
final class AppendFile {
  private let descriptor: Int32
  private let bytes: [UInt8]
  private let isSynced: Bool

  /// A new file that grows by `size` bytes a write.
  init(_ path: String, size: Int, isSynced: Bool = true) throws {
    self.isSynced = isSynced
    descriptor = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw BenchError("cannot create \(path)") }
    bytes = Array(repeating: 0x61, count: size)
  }

  deinit { close(descriptor) }

  func append() throws {
    guard write(descriptor, bytes, bytes.count) == bytes.count, !isSynced || fdatasync(descriptor) == 0 else {
      throw BenchError("cannot append: \(String(cString: strerror(errno)))")
    }
  }
}
