import Glibc

/// A program that is stopped when nobody needs it any more.
final class RunningProgram {
  let program: Program

  init(_ path: String, _ arguments: [String], errors: String = "/dev/null") throws {
    program = try Program(path, arguments, errors: errors)
  }

  deinit { program.stop() }

  /// Waits for a word in a file that the program writes.
  func wait(until word: String, in file: String) throws {
    let deadline = now() + 10
    while try !readText(file).contains(word) {
      guard !program.hasEnded, now() < deadline else {
        throw BenchError("it does not get ready: \(try readText(file).prefix(200))")
      }
      usleep(10_000)
    }
  }
}
