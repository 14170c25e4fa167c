import CompactEncoding
import JSON
import Registry

/// The real entries of `examples/models.ndjson`, ready to be stored and looked up.
struct Entries: Sendable {
  static let missing = BenchError("an entry that was stored is not found")

  /// Records as dynamic values.
  private(set) var values: [Value] = []
  /// Queries by name.
  private(set) var names: [Value] = []
  /// Queries by drive key.
  private(set) var driveKeys: [Value] = []
  /// Names as bytes.
  private(set) var keys: [[UInt8]] = []
  /// Drive keys as bytes.
  private(set) var indexKeys: [[UInt8]] = []
  /// Encoded entries.
  private(set) var bytes: [[UInt8]] = []

  init(_ path: String) throws {
    for line in try readText(path).split(separator: "\n") {
      let json = try JSON(parsing: String(line))
      guard let name = json["name"]?.string, let type = json["type"]?.string,
        let key = json["driveKey"]?.string.flatMap({ Hex.decode($0) }).flatMap({ Fixed32($0) })
      else { throw BenchError("\(path) holds something that is no entry") }
      let entry = Entry(
        name: name, driveKey: key, type: type, description: json["description"]?.string, owner: json["owner"]?.string)
      values.append(entry.value)
      names.append(.object(Record(layout: Record.Layout(["name"]), values: [.string(name)])))
      driveKeys.append(.object(Record(layout: Record.Layout(["driveKey"]), values: [.fixed32(key)])))
      keys.append(Array(name.utf8))
      indexKeys.append(key.bytes)
      bytes.append(entry.encoded())
    }
  }
}
