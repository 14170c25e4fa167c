import Glibc

/// A file that appears whole or not at all.
///
/// It is written under another name in the same folder, synced, and renamed by ``commit()``. Dropped without a commit,
/// it leaves nothing behind.
///
/// A symbolic link is followed: what it names is replaced, and the link stays. A device, a FIFO or a socket cannot appear
/// whole and must not be replaced: it is written to as it is.
public struct AtomicFile: ~Copyable {
  /// Where the file will be.
  public let path: String
  /// Writes to it.
  public let output: Output
  /// Where it is until then, to look at what was flushed; nil for what is written to as it is, and cannot be looked at.
  public var temporaryPath: String? { temporary }
  private let temporary: String?
  private let target: String
  private let descriptor: Int32
  private var isCommitted = false

  /// Starts a file at `path`.
  ///
  /// - Parameters:
  ///   - mode: its permissions, narrowed by the umask: 0o600 for secrets.
  ///   - replacing: whether a file that is there may be replaced.
  public init(_ path: String, mode: UInt32 = 0o644, replacing: Bool = true) throws(ToolError) {
    if !replacing, access(path, F_OK) == 0 {
      throw ToolError(.refused, "\(path) exists already", hint: "remove it first or choose another name")
    }
    let target = try FilePlace.target(of: path)
    let isRegular = try FilePlace.isRegular(target, path)
    let temporary = isRegular ? "\(target).new.\(getpid())" : nil
    let flags = isRegular ? O_WRONLY | O_CREAT | O_EXCL : O_WRONLY
    let descriptor = open(temporary ?? target, flags | O_CLOEXEC, mode_t(mode))
    if descriptor < 0 { throw .system("cannot \(isRegular ? "create" : "open") \(path)", errno) }
    self.path = path
    self.target = target
    self.temporary = temporary
    self.descriptor = descriptor
    output = Output(descriptor: descriptor, name: path)
  }

  deinit {
    guard !isCommitted else { return }
    close(descriptor)
    if let temporary { unlink(temporary) }
  }

  /// Makes the file appear, durably.
  public consuming func commit() throws(ToolError) {
    try output.flush()
    guard let temporary else {
      isCommitted = true
      close(descriptor)
      return
    }
    if fsync(descriptor) != 0 { throw .system("cannot write \(path)", errno) }
    if rename(temporary, target) != 0 { throw .system("cannot create \(path)", errno) }
    isCommitted = true
    close(descriptor)
    // The name itself is durable only when its folder is.
    let directory = open(FilePlace.folder(of: target), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }
}
