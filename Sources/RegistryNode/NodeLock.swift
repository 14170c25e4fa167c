import Glibc

/// The lock that makes a process the node of a store. It ends with the process, however that ends.
public final class NodeLock {
  private let descriptor: Int32

  /// The name of the lock file in the store's folder.
  public static let fileName = "node.lock"

  /// Takes the lock of the store in `directory`.
  ///
  /// - Throws: ``RegistryNodeError/alreadyRunning(path:processID:)``, ``RegistryNodeError/lock(path:code:)``.
  public init(directory: String) throws(RegistryNodeError) {
    let path = directory + "/" + Self.fileName
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .lock(path: path, code: errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let holder = Self.processID(in: descriptor)
      close(descriptor)
      if code == EWOULDBLOCK { throw .alreadyRunning(path: path, processID: holder) }
      throw .lock(path: path, code: code)
    }
    // The content is for people and for the message above; the lock itself is what counts.
    let text = Array("\(getpid())\n".utf8)
    _ = ftruncate(descriptor, 0)
    _ = pwrite(descriptor, text, text.count, 0)
  }

  deinit { close(descriptor) }

  /// The process that holds the lock of a store, if one does.
  public static func holder(directory: String) -> Int32? {
    let descriptor = open(directory + "/" + fileName, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
    return processID(in: descriptor)
  }

  private static func processID(in descriptor: Int32) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: bytes[..<count].prefix { $0 != 10 }, as: UTF8.self))
  }
}
