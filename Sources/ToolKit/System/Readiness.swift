public import ArgumentParser
import Glibc

/// `--ready-fd N`: a daemon tells that it serves by writing a line feed to descriptor N and closing it, as s6 and
/// similar supervisors expect.
public struct ReadinessOptions: ParsableArguments {
  @Option(
    name: .customLong("ready-fd"),
    help: ArgumentHelp("Write a line feed to this descriptor when ready.", valueName: "n"))
  var descriptor: Int32?

  /// Options not yet parsed.
  public init() {}

  public func validate() throws {
    guard let descriptor else { return }
    if descriptor < 3 { throw ValidationError("--ready-fd takes a descriptor above 2") }
    if fcntl(descriptor, F_GETFD) < 0 { throw ValidationError("descriptor \(descriptor) of --ready-fd is not open") }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  /// Tells that the daemon is ready. A reader that is gone does not matter.
  public func announce() {
    guard let descriptor else { return }
    var line: UInt8 = 0x0a
    _ = write(descriptor, &line, 1)
    close(descriptor)
  }
}
