public import Glibc
import Synchronization

/// A program that runs in a process group of its own. It is killed when the last reference goes.
public final class RunningCommand {
  /// Its process id.
  public let process: pid_t
  private let name: String
  private var inputEnd: Int32
  private var outputEnd: Int32
  private var errorEnd: Int32
  private var status: Int32?
  /// What it wrote to standard output so far, as far as it was read.
  public private(set) var output: [UInt8] = []
  /// What it wrote to standard error so far, as far as it was read.
  public private(set) var errors: [UInt8] = []

  /// Held from the making of pipes to the start of the program: another program started meanwhile would inherit their
  /// ends and keep them open.
  private static let starting = Mutex(())

  init(_ command: Command) throws {
    name = command.program
    let (process, ends) = try RunningCommand.starting.withLock { _ in try RunningCommand.spawn(command) }
    self.process = process
    (inputEnd, outputEnd, errorEnd) = (ends[0], ends[1], ends[2])
  }

  private static func spawn(_ command: Command) throws -> (pid_t, [Int32]) {
    let input = try RunningCommand.pipe()
    let output = try RunningCommand.pipe()
    let errors = try RunningCommand.pipe()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input.read, 0)
    posix_spawn_file_actions_adddup2(&actions, output.write, 1)
    posix_spawn_file_actions_adddup2(&actions, errors.write, 2)
    // Sockets of other tests, too, would stay open as long as the program runs.
    _ = addCloseFrom(&actions, 3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The test process ignores or blocks some signals; the program starts with the system's defaults.
    var all = sigset_t()
    sigfillset(&all)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var variables = RunningCommand.inheritedEnvironment
    for (key, value) in command.environment { variables[key] = value }
    let words = (command.folder.map { ["env", "-C", $0] } ?? []) + [command.program] + command.arguments
    let arguments = words.map { strdup($0) } + [nil]
    let environment = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var process = pid_t()
    let code = posix_spawnp(&process, words[0], &actions, &attributes, arguments, environment)
    for end in [input.read, output.write, errors.write] { close(end) }
    let ends = [input.write, output.read, errors.read]
    if code != 0 {
      for end in ends { close(end) }
      throw CommandError("cannot start \(command.program): \(String(cString: strerror(code)))")
    }
    return (process, ends)
  }

  deinit {
    if status == nil {
      kill(-process, SIGKILL)
      var raw: Int32 = 0
      waitpid(process, &raw, 0)
    }
    for end in [inputEnd, outputEnd, errorEnd] where end >= 0 { close(end) }
  }

  /// Sends a signal to the program.
  public func signal(_ number: Int32) { kill(process, number) }

  /// Writes to its standard input.
  public func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { RunningCommand.write(inputEnd, $0) }
      if count < 0 { throw CommandError("\(name) does not read its input") }
      rest = rest.dropFirst(count)
    }
  }

  /// Closes its standard input.
  public func closeInput() {
    if inputEnd >= 0 { close(inputEnd) }
    inputEnd = -1
  }

  /// Reads until `condition` holds for what it wrote so far.
  ///
  /// - Throws: ``CommandError`` when it ends or the time is over before that.
  public func wait(
    timeoutMilliseconds: Int = 20_000, until condition: (_ output: String, _ errors: String) -> Bool
  ) throws {
    let deadline = RunningCommand.now + timeoutMilliseconds
    while true {
      if condition(String(decoding: output, as: UTF8.self), String(decoding: errors, as: UTF8.self)) { return }
      let left = deadline - RunningCommand.now
      if left <= 0 { throw CommandError("\(name) did not get there in time\n\(transcript)") }
      if outputEnd < 0, errorEnd < 0 { throw CommandError("\(name) ended before it got there\n\(transcript)") }
      _ = exchange(input: [], timeoutMilliseconds: left)
    }
  }

  /// Feeds the rest of its input, reads what it writes, and waits for its end.
  public func finish(input: [UInt8] = [], timeoutMilliseconds: Int = 60_000) throws -> Command.Result {
    let deadline = RunningCommand.now + timeoutMilliseconds
    var rest = input[...]
    if rest.isEmpty { closeInput() }
    while outputEnd >= 0 || errorEnd >= 0 {
      let left = deadline - RunningCommand.now
      if left <= 0 {
        kill(-process, SIGKILL)
        throw CommandError("\(name) ran longer than \(timeoutMilliseconds) ms\n\(transcript)")
      }
      rest = rest.dropFirst(exchange(input: rest, timeoutMilliseconds: left))
      if rest.isEmpty { closeInput() }
    }
    closeInput()
    var raw: Int32 = 0
    while waitpid(process, &raw, 0) < 0, errno == EINTR {}
    let code = raw & 0x7f == 0 ? raw >> 8 & 0xff : 128 + raw & 0x7f
    status = code
    // What it started and left behind ends with it.
    kill(-process, SIGKILL)
    return Command.Result(status: code, output: output, errors: errors)
  }

  private var transcript: String {
    "stdout: \(String(decoding: output.suffix(2000), as: UTF8.self))\nstderr: \(String(decoding: errors.suffix(2000), as: UTF8.self))"
  }

  /// Moves what can be moved; returns how much of the input was taken.
  private func exchange(input: ArraySlice<UInt8>, timeoutMilliseconds: Int) -> Int {
    var fds = [
      pollfd(fd: outputEnd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errorEnd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: input.isEmpty ? -1 : inputEnd, events: Int16(POLLOUT), revents: 0),
    ]
    poll(&fds, 3, Int32(clamping: timeoutMilliseconds))
    if fds[0].revents != 0 { RunningCommand.drain(&outputEnd, into: &output) }
    if fds[1].revents != 0 { RunningCommand.drain(&errorEnd, into: &errors) }
    guard fds[2].revents != 0 else { return 0 }
    let count = input.prefix(4096).withUnsafeBytes { RunningCommand.write(inputEnd, $0) }
    if count >= 0 { return count }
    closeInput()
    return input.count
  }

  private static func drain(_ end: inout Int32, into bytes: inout [UInt8]) {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(end, &chunk, chunk.count)
    if count > 0 {
      bytes.append(contentsOf: chunk[..<count])
    } else if count == 0 || errno != EINTR {
      close(end)
      end = -1
    }
  }

  /// Writes without SIGPIPE when the reader is gone.
  private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    Glibc.signal(SIGPIPE, SIG_IGN)
    return Glibc.write(descriptor, bytes.baseAddress, bytes.count)
  }

  private static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard Glibc.pipe(&ends) == 0 else { throw CommandError("no pipe: error \(errno)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }

  /// The environment of the test without settings that would change what the tools do.
  private static let inheritedEnvironment: [String: String] = {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2, !parts[0].hasPrefix("HYPERTOOLS_") { variables[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    return variables
  }()
}

/// `posix_spawn_file_actions_addclosefrom_np` of glibc 2.34, which its headers hide from Swift.
@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
private func addCloseFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: CInt) -> CInt
