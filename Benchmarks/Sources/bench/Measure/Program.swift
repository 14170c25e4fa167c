import Glibc

/// A program that was started.
struct Program {
  let process: pid_t

  /// Starts a program; its standard input and output are files, `/dev/null` unless given.
  init(
    _ path: String, _ arguments: [String], input: String = "/dev/null", output: String = "/dev/null",
    errors: String = "/dev/null"
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process = pid_t()
    let code = posix_spawn(&process, path, &actions, nil, &words, environ)
    guard code == 0 else { throw BenchError("\(path) cannot be started: \(String(cString: strerror(code)))") }
    self.process = process
  }

  /// Waits for the end and gives the exit status.
  @discardableResult
  func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
  }

  /// Asks the program to end and waits until it has.
  func stop() {
    kill(process, SIGTERM)
    wait()
  }

  /// Whether it ended on its own.
  var hasEnded: Bool {
    var information = siginfo_t()
    return waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) == 0
      && information.si_signo == SIGCHLD
  }

  /// Resident memory in MB, anonymous and mapped pages together, as ps shows it.
  func residentMegabytes() throws -> Double {
    for line in try readText("/proc/\(process)/status").split(separator: "\n") where line.hasPrefix("VmRSS:") {
      if let kilobytes = Double(line.split(separator: " ", omittingEmptySubsequences: true).dropLast().last ?? "") {
        return kilobytes / 1024
      }
    }
    throw BenchError("no memory figure of process \(process)")
  }
}

/// A whole file as text.
func readText(_ path: String) throws -> String {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw BenchError("cannot read \(path)") }
  defer { close(descriptor) }
  var text: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = read(descriptor, &chunk, chunk.count)
    guard count > 0 else { break }
    text += chunk[..<count]
  }
  return String(decoding: text, as: UTF8.self)
}
