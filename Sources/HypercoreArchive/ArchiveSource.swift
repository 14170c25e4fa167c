internal import Glibc

/// Bytes that can be read at any place.
public protocol ArchiveSource: AnyObject {
  /// Number of bytes.
  var size: UInt64 { get }
  /// Fills a buffer with the bytes from `offset` on, all of which are there.
  func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws
}

/// A file that is read at any place.
final class FileSource: ArchiveSource {
  private let path: String
  private let descriptor: Int32
  let size: UInt64

  init(path: String) throws(ArchiveError) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(path: path, operation: "open", code: errno) }
    let end = lseek(descriptor, 0, SEEK_END)
    let code = errno
    self.descriptor = descriptor
    size = UInt64(max(0, end))
    if end < 0 { throw .system(path: path, operation: "read at any place of", code: code) }
  }

  deinit { close(descriptor) }

  func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < buffer.count {
      let count = pread(
        descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done, off_t(offset) + off_t(done))
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw ArchiveError.system(path: path, operation: "read", code: errno) }
      if count == 0 { throw ArchiveError.truncated(offset: offset + UInt64(done), part: "the file") }
      done += count
    }
  }
}
