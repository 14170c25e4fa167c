#if canImport(Glibc)
internal import Glibc
#endif

/// Tells other processes that something was committed, by writing eight bytes to a file that they watch.
final class ChangeNotifier {
  /// Name of the file inside the store's directory.
  static let fileName = "notify"

  private let descriptor: Int32
  private var counter: UInt64 = 0

  /// Opens or creates the file. Failing to is no error: watchers then notice commits later, by looking now and then.
  init(directory: String) { descriptor = open(directory + "/" + Self.fileName, O_RDWR | O_CREAT | O_CLOEXEC, 0o644) }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func notify() {
    guard descriptor >= 0 else { return }
    counter &+= 1
    _ = pwrite(descriptor, &counter, 8, 0)
  }
}
