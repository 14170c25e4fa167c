import Glibc

/// A file that appears whole or not at all.
///
/// It is written under another name in the same folder, synced, and renamed by ``commit()``. Dropped without a commit,
/// it leaves nothing behind.
public struct AtomicFile: ~Copyable {
  /// Where the file will be.
  public let path: String
  /// Writes to it.
  public let output: Output
  /// Where it is until then, to look at what was flushed.
  public var temporaryPath: String { temporary }
  private let temporary: String
  private let descriptor: Int32
  private var isCommitted = false

  /// Starts a file at `path`.
  ///
  /// - Parameters:
  ///   - mode: its permissions, narrowed by the umask: 0o600 for secrets.
  ///   - replacing: whether a file that is there may be replaced.
  public init(_ path: String, mode: UInt32 = 0o644, replacing: Bool = true) throws(ToolError) {
    let temporary = "\(path).new.\(getpid())"
    let descriptor = try AtomicFile.create(temporary, for: path, mode: mode, replacing: replacing)
    self.path = path
    self.temporary = temporary
    self.descriptor = descriptor
    output = Output(descriptor: descriptor, name: path)
  }

  private static func create(
    _ temporary: String, for path: String, mode: UInt32, replacing: Bool
  ) throws(ToolError) -> Int32 {
    if !replacing, access(path, F_OK) == 0 {
      throw ToolError(.refused, "\(path) exists already", hint: "remove it first or choose another name")
    }
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
    if descriptor < 0 { throw .system("cannot create \(path)", errno) }
    return descriptor
  }

  deinit {
    guard !isCommitted else { return }
    close(descriptor)
    unlink(temporary)
  }

  /// Makes the file appear, durably.
  public consuming func commit() throws(ToolError) {
    try output.flush()
    if fsync(descriptor) != 0 { throw .system("cannot write \(path)", errno) }
    if rename(temporary, path) != 0 { throw .system("cannot create \(path)", errno) }
    isCommitted = true
    close(descriptor)
    // The name itself is durable only when its folder is.
    let end = path.lastIndex(of: "/")
    let folder = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }
}
