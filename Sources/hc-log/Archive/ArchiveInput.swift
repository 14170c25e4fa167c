import Glibc
import HypercoreArchive
import ToolKit

/// The bytes of an archive that is read from its first byte to its last.
final class ArchiveInput {
  private let descriptor: Int32
  private let name: String
  private let closes: Bool
  /// Whether reading may wait for whoever writes.
  let isPipe: Bool

  /// The file at `path`; `-` is standard input.
  init(_ path: String) throws(ToolError) {
    let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw .system("cannot open \(path)", errno) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw .system("cannot read \(path)", errno) }
    self.descriptor = descriptor
    name = path == "-" ? "standard input" : path
    closes = path != "-"
    isPipe = status.st_mode & S_IFMT != S_IFREG
  }

  private init(spool: Int32) {
    descriptor = spool
    name = "a temporary file"
    closes = true
    isPipe = false
  }

  deinit { if closes { close(descriptor) } }

  /// Fills a buffer as far as bytes are there; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno == EAGAIN {
        var query = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&query, 1, -1)
      } else if errno != EINTR {
        throw .system("cannot read \(name)", errno)
      }
    }
  }

  /// A reader of the archive.
  func reader() throws -> ArchiveReader { try ArchiveReader { try self.read(into: $0) } }

  /// Keeps what comes in a file without a name, so that nobody who uses the store waits for a slow sender; the file is
  /// gone with the process.
  ///
  /// - Parameter folder: where there is room for it.
  func spooled(in folder: String) throws(ToolError) -> ArchiveInput {
    let spool = try Self.unnamedFile(in: folder)
    let input = ArchiveInput(spool: spool)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { buffer.deallocate() }
    let output = Output(descriptor: spool, name: "a temporary file in \(folder)")
    while true {
      let count = try read(into: buffer)
      if count == 0 { break }
      try output.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    try output.flush()
    if lseek(spool, 0, SEEK_SET) != 0 { throw .system("cannot read a temporary file in \(folder)", errno) }
    return input
  }

  private static func unnamedFile(in folder: String) throws(ToolError) -> Int32 {
    // `O_TMPFILE` of Linux, which the C library does not show; where it is refused, a file whose name goes at once.
    let descriptor = open(folder, O_RDWR | O_CLOEXEC | 0o20_000_000 | O_DIRECTORY, 0o600)
    if descriptor >= 0 { return descriptor }
    let path = "\(folder)/.import.\(getpid())"
    let named = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if named < 0 { throw .system("cannot create a file in \(folder)", errno) }
    unlink(path)
    return named
  }
}
