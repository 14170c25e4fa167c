import CompactEncoding
import Glibc
public import HypercoreCrypto

/// A file with the 64 bytes of an Ed25519 secret key, as 128 hex digits and a line feed, or as they are. Whoever reads it
/// can act as its owner, so only the owner may be able to.
public enum KeyFile {
  /// The key pair in a file.
  ///
  /// - Throws: ``ToolError``: local I/O when the file cannot be read, refused when others can read or change it, usage
  ///   when it holds no secret key.
  public static func read(_ path: String) throws(ToolError) -> KeyPair {
    guard let pair = try find(path) else { throw .system("cannot open \(path)", ENOENT) }
    return pair
  }

  /// The key pair in a file, which is made when it is missing.
  ///
  /// - Throws: what ``read(_:)`` and ``create(_:)`` throw.
  public static func load(_ path: String) throws(ToolError) -> KeyPair {
    if let pair = try find(path) { return pair }
    return try create(path)
  }

  /// Makes a file with a new key pair; never replaces one.
  ///
  /// - Throws: ``ToolError``: refused when there is such a file, local I/O when it cannot be written.
  public static func create(_ path: String) throws(ToolError) -> KeyPair {
    var generator = SystemRandomNumberGenerator()
    let pair = KeyPair(using: &generator)
    let file = try AtomicFile(path, mode: 0o600, replacing: false)
    try file.output.line(Hex.encode(pair.secretKey))
    try file.commit()
    return pair
  }

  /// The key pair in a file; nil when there is no such file.
  private static func find(_ path: String) throws(ToolError) -> KeyPair? {
    // A pipe without a writer would be waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0, errno == ENOENT { return nil }
    if descriptor < 0 { throw .system("cannot open \(path)", errno) }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw .system("cannot read \(path)", errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw ToolError(.usage, "\(path) is no file") }
    guard status.st_mode & 0o077 == 0 else {
      throw ToolError(
        .refused, "others can read or change the secret key in \(path)",
        hint: "chmod 600 \(path), and make a new one if somebody may have read it")
    }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    if count < 0 { throw .system("cannot read \(path)", errno) }
    bytes.removeLast(bytes.count - count)
    var text = bytes[...]
    while let last = text.last, last <= 32 { text = text.dropLast() }
    let key = bytes.count == 64 ? bytes : Hex.decode(String(decoding: text, as: UTF8.self)) ?? []
    guard let pair = KeyPair(secretKey: key) else {
      throw ToolError(
        .usage, "\(path) holds no secret key",
        hint: "it has 128 hex digits or 64 bytes; the second half is the public key")
    }
    return pair
  }
}
