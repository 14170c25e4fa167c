/// Reads the records of an `hc-stream(5)` and checks that they are complete.
public struct StreamReader: ~Copyable {
  /// The longest line that is taken: a node record with the largest block and value, in hex.
  public static let lineLimit = 4 * RecordReader.defaultLimit + (1 << 20)

  private var lines: RecordReader
  private let name: String
  private var records: UInt64 = 0
  private var line: UInt64 = 0
  private var hasEnd = false

  /// A stream from the file at `path`; `-` is standard input.
  public init(path: String) throws(ToolError) {
    lines = try RecordReader(path: path, framing: .lines, limit: StreamReader.lineLimit)
    name = path == "-" ? "standard input" : path
  }

  /// A stream from an open descriptor; `name` is what messages call it.
  public init(descriptor: Int32, name: String) {
    lines = RecordReader(descriptor: descriptor, name: name, framing: .lines, limit: StreamReader.lineLimit)
    self.name = name
  }

  /// Whether ``next()`` will probably return without waiting.
  public var isReady: Bool { lines.isReady }

  /// The next record, the end record included, or nil behind it. Blank lines are passed over.
  ///
  /// Several streams may follow one another (`cat a b`): each has its end record.
  ///
  /// - Throws: ``ToolError``: usage for a line that is no record, integrity when the stream was cut off.
  public mutating func next() throws(ToolError) -> StreamRecord? {
    while let bytes = try lines.next() {
      line += 1
      if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0d || $0 == 0x09 }) { continue }
      let record: StreamRecord
      do {
        record = try StreamRecord(line: bytes)
      } catch {
        throw ToolError(.usage, "\(name), line \(line): \(error)", hint: "records are described in hc-stream(5)")
      }
      guard case .end(let end) = record else {
        records += 1
        hasEnd = false
        return record
      }
      if end.records != records {
        throw ToolError(
          .integrity, "\(name), line \(line): the stream should have \(end.records) records, it has \(records)")
      }
      records = 0
      hasEnd = true
      return record
    }
    if records > 0, !hasEnd {
      throw ToolError(
        .integrity, "\(name) was cut off: its end record is missing", hint: "did the command before it fail?")
    }
    return nil
  }
}
