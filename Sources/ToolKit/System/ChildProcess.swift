public import Glibc
import Synchronization

/// A running shell command, in a process group of its own, with pipes for what it reads and writes. It ends with the
/// value, at the latest.
public struct ChildProcess: ~Copyable {
  /// Its number.
  public let process: pid_t
  /// Writes to its standard input; closed when negative. Does not block.
  public private(set) var input: Int32
  /// Reads from its standard output; closed when negative. Does not block.
  public private(set) var output: Int32
  /// Reads from its standard error, unless it has ours; closed when negative. Does not block.
  public private(set) var errors: Int32
  /// Becomes readable when it ends, whoever holds its pipes then; negative where the system cannot tell.
  public private(set) var end: Int32
  private var endStatus: Int32?

  /// Held while pipes and a process are made, so that no other process inherits the ends.
  private static let starting = Mutex(())

  /// Starts `sh -c command` with variables added to the environment of this process.
  ///
  /// - Parameter capturesErrors: whether standard error is read here; else it is that of this process.
  /// - Throws: the error number of the system.
  public init(_ command: String, environment added: [String: String], capturesErrors: Bool) throws(ChildProcessError) {
    var added = added
    let (process, ends) = try Self.starting.withLock { _ throws(ChildProcessError) in
      try ProcessGroups.uninterrupted { () throws(ChildProcessError) in
        let started = try Self.spawn(command, &added, capturesErrors)
        ProcessGroups.add(started.0)
        return started
      }
    }
    self.process = process
    (input, output, errors) = ends
    // Not inherited by others.
    end = Int32(systemCall(Self.openProcess, process, 0))
  }

  /// `pidfd_open`, the same number everywhere; glibc has it since 2.36.
  private static let openProcess = 434

  private static func spawn(
    _ command: String, _ added: inout [String: String], _ capturesErrors: Bool
  ) throws(ChildProcessError) -> (pid_t, (Int32, Int32, Int32)) {
    var pipes: [Pipe] = []
    for _ in 0..<(capturesErrors ? 3 : 2) {
      guard let pipe = Pipe() else {
        let code = errno
        for pipe in pipes { pipe.close() }
        throw ChildProcessError(code: code)
      }
      pipes.append(pipe)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipes[0].readEnd, 0)
    posix_spawn_file_actions_adddup2(&actions, pipes[1].writeEnd, 1)
    if capturesErrors { posix_spawn_file_actions_adddup2(&actions, pipes[2].writeEnd, 2) }
    // A command that held a socket would keep its connection open after this process closed it.
    _ = addCloseFrom(&actions, 3)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // This process ignores SIGPIPE and catches others; the command starts with the system's defaults.
    var all = sigset_t()
    sigfillset(&all)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    let arguments = ["sh", "-c", command].map { (text: String) in strdup(text) } + [nil]
    let environment = variables(added).map { (text: String) in strdup(text) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var process = pid_t()
    let code = posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments, environment)
    Glibc.close(pipes[0].readEnd)
    for pipe in pipes.dropFirst() { Glibc.close(pipe.writeEnd) }
    let ends = (pipes[0].writeEnd, pipes[1].readEnd, capturesErrors ? pipes[2].readEnd : -1)
    for end in [ends.0, ends.1, ends.2] where end >= 0 {
      if code == 0 { _ = fcntl(end, F_SETFL, O_NONBLOCK) } else { Glibc.close(end) }
    }
    if code != 0 { throw ChildProcessError(code: code) }
    return (process, ends)
  }

  private static func variables(_ added: [String: String]) -> [String] {
    var texts: [String] = []
    var entry = environ
    while let pointer = entry.pointee {
      let text = String(cString: pointer)
      if let name = text.split(separator: "=", maxSplits: 1).first, added[String(name)] == nil { texts.append(text) }
      entry += 1
    }
    return texts + added.map { "\($0.key)=\($0.value)" }
  }

  deinit {
    for end in [input, output, errors, end] where end >= 0 { Glibc.close(end) }
    guard endStatus == nil else { return }
    kill(-process, SIGKILL)
    var raw: Int32 = 0
    while waitpid(process, &raw, 0) < 0, errno == EINTR {}
    ProcessGroups.remove(process)
  }

  /// Closes its standard input.
  public mutating func closeInput() { Self.close(&input) }
  /// Closes the end that reads its standard output.
  public mutating func closeOutput() { Self.close(&output) }
  /// Closes the end that reads its standard error.
  public mutating func closeErrors() { Self.close(&errors) }

  private static func close(_ end: inout Int32) {
    if end >= 0 { Glibc.close(end) }
    end = -1
  }

  /// How it ended, when it has: an exit status, or 128 + n for signal n.
  public mutating func status() -> Int32? {
    if let endStatus { return endStatus }
    var raw: Int32 = 0
    guard waitpid(process, &raw, WNOHANG) == process else { return nil }
    // What it left running ends with it.
    kill(-process, SIGKILL)
    ProcessGroups.remove(process)
    Self.close(&end)
    endStatus = raw & 0x7f == 0 ? raw >> 8 & 0xff : 128 + raw & 0x7f
    return endStatus
  }

  /// Waits for its end.
  ///
  /// - Returns: as ``status()``; nil when it did not end in time.
  public mutating func waitForEnd(until deadline: ContinuousClock.Instant) -> Int32? {
    var pause: UInt32 = 500
    while true {
      if let status = status() { return status }
      if ContinuousClock.now >= deadline { return nil }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
  }
}

/// `posix_spawn_file_actions_addclosefrom_np` of glibc 2.34, which its headers hide from Swift.
@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
private func addCloseFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: CInt) -> CInt

/// `syscall`, which Swift does not import.
@_silgen_name("syscall")
private func systemCall(_ number: Int, _ first: pid_t, _ second: CUnsignedInt) -> Int

/// A command could not be started.
public struct ChildProcessError: Error {
  /// The system's error number.
  public let code: Int32

  /// The error with this number of the system.
  public init(code: Int32) { self.code = code }
}

extension ChildProcessError: CustomStringConvertible {
  /// One line for people.
  public var description: String { "cannot start the command: \(String(cString: strerror(code)))" }
}

extension ContinuousClock.Instant {
  /// The time until then for `poll`, rounded up; 0 when it is over.
  public var pollTimeout: Int32 {
    let left = ContinuousClock.now.duration(to: self)
    let (seconds, attoseconds) = left.components
    guard left > .zero else { return 0 }
    return Int32(clamping: min(seconds, 1 << 20) * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
  }
}
