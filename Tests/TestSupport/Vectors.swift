public import JSON

#if canImport(Glibc)
import Glibc
#endif

/// The golden vectors: what the JavaScript reference really produces.
///
/// They are read from the folder named by the environment variable `HYPERTOOLS_VECTORS`, else from `Tests/Vectors`
/// of this checkout. Tests walk whatever a file holds and hard-code nothing of its content.
public enum Vectors {
  /// The folder the vectors are read from.
  public static let folder: String = {
    if let folder = getenv("HYPERTOOLS_VECTORS") { return String(cString: folder) }
    return #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 } + "/Vectors"
  }()

  /// The parsed file `name.json`.
  ///
  /// - Throws: ``FileError`` when it cannot be read, `JSONError` when it is not JSON.
  public static func load(_ name: String) throws -> JSON { try JSON(parsing: readFile(folder + "/" + name + ".json")) }
}

/// A file could not be read.
public struct FileError: Error, CustomStringConvertible {
  /// The path that failed.
  public let path: String
  /// The system's error number.
  public let code: Int32
  /// One line for people.
  public var description: String { "cannot read \(path): \(String(cString: strerror(code)))" }
}

/// All bytes of a file.
public func readFile(_ path: String) throws -> [UInt8] {
  guard let file = fopen(path, "rb") else { throw FileError(path: path, code: errno) }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&chunk, 1, chunk.count, file)
    if count == 0 { return bytes }
    bytes.append(contentsOf: chunk[..<count])
  }
}
