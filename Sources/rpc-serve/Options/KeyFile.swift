import CompactEncoding
import Glibc
import HypercoreCrypto
import ToolKit

/// A file with the 64 bytes of a secret key, as they are or in hex, that only its owner can read.
enum KeyFile {
  /// The key pair of a file, which is made when it is missing.
  static func load(_ path: String) throws(ToolError) -> KeyPair {
    guard let bytes = try read(path) else { return try create(path) }
    var text = bytes[...]
    while let last = text.last, last <= 32 { text = text.dropLast() }
    let key = bytes.count == 64 ? bytes : Hex.decode(String(decoding: text, as: UTF8.self)) ?? []
    guard let pair = KeyPair(secretKey: key) else {
      throw ToolError(
        .usage, "\(path) holds no secret key",
        hint: "it has 64 bytes, or 128 hex digits; name a missing file for a new one")
    }
    return pair
  }

  /// The content; nil when there is no file.
  private static func read(_ path: String) throws(ToolError) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0, errno == ENOENT { return nil }
    if descriptor < 0 { throw .system("cannot open \(path)", errno) }
    defer { close(descriptor) }
    var info = stat()
    if fstat(descriptor, &info) == 0, info.st_mode & 0o077 != 0 {
      throw ToolError(.refused, "others can read the secret key in \(path)", hint: "chmod 600 \(path)")
    }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    if count < 0 { throw .system("cannot read \(path)", errno) }
    return Array(bytes[..<count])
  }

  private static func create(_ path: String) throws(ToolError) -> KeyPair {
    var generator = SystemRandomNumberGenerator()
    let pair = KeyPair(using: &generator)
    let file = try AtomicFile(path, mode: 0o600, replacing: false)
    try file.output.line(Hex.encode(pair.secretKey))
    try file.commit()
    return pair
  }
}
