import CompactEncoding
import Glibc
public import HypercoreCrypto

/// A file that holds an Ed25519 key pair: the 32-byte seed as 64 hex digits and a line feed. Whoever reads it can act as
/// its owner, so only the owner may be able to.
public enum KeyFile {
  /// The key pair in a file.
  ///
  /// - Throws: ``ToolError``: local I/O when the file cannot be read, refused when others can read or change it, usage
  ///   when it holds no key.
  public static func read(_ path: String) throws(ToolError) -> KeyPair {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw .system("cannot open \(path)", errno) }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw .system("cannot read \(path)", errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw ToolError(.usage, "\(path) is no file") }
    guard status.st_mode & 0o077 == 0 else {
      throw ToolError(
        .refused, "others can read or change the key file \(path): its mode is \(text(mode: status.st_mode))",
        hint: "chmod 600 \(path), and make a new one if somebody may have read it")
    }
    var bytes = [UInt8](repeating: 0, count: 66)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    if count < 0 { throw .system("cannot read \(path)", errno) }
    bytes.removeLast(bytes.count - count)
    if bytes.last == 0x0a { bytes.removeLast() }
    guard bytes.count == 64, let seed = Hex.decode(String(decoding: bytes, as: UTF8.self)).flatMap({ Fixed32($0) })
    else {
      throw ToolError(.usage, "\(path) is no key file: it does not hold 64 hex digits")
    }
    return KeyPair(seed: seed)
  }

  /// Makes a file with a new key pair; never replaces one.
  ///
  /// - Throws: ``ToolError``: refused when there is such a file, local I/O when it cannot be written.
  public static func create(_ path: String) throws(ToolError) -> KeyPair {
    var generator = SystemRandomNumberGenerator()
    let seed = Fixed32.random(using: &generator)
    let file = try AtomicFile(path, mode: 0o600, replacing: false)
    try file.output.line(seed.description)
    try file.commit()
    return KeyPair(seed: seed)
  }

  private static func text(mode: mode_t) -> String {
    let digits = String(mode & 0o7777, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
  }
}
