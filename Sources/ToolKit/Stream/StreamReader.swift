import Glibc

/// Reads the records of an `hc-stream(5)`, lines and binary frames alike, and checks that they are complete.
public struct StreamReader: ~Copyable {
  /// The longest line or frame that is taken: a node record with the largest block and value, in hex.
  public static let lineLimit = 4 * RecordReader.defaultLimit + (1 << 20)

  private var input: StreamInput
  private let scanner = LineScanner()
  private let name: String
  private var records: UInt64 = 0
  private var line: UInt64 = 0
  private var hasEnd = false

  /// A stream from the file at `path`; `-` is standard input.
  public init(path: String) throws(ToolError) {
    if path == "-" {
      self.init(descriptor: 0, name: "standard input", closes: false)
      return
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw .system("cannot open \(path)", errno) }
    self.init(descriptor: descriptor, name: path, closes: true)
  }

  /// A stream from an open descriptor; `name` is what messages call it.
  public init(descriptor: Int32, name: String) {
    self.init(descriptor: descriptor, name: name, closes: false)
  }

  private init(descriptor: Int32, name: String, closes: Bool) {
    input = StreamInput(descriptor: descriptor, name: name, closes: closes)
    self.name = name
  }

  /// Whether ``next()`` will probably return without waiting.
  public var isReady: Bool {
    guard input.count > 0 else { return input.isReadable }
    if StreamFrame.isFirst(input.first) {
      return StreamFrame.size(at: input.window).map { $0 <= input.count } ?? false || input.isReadable
    }
    return input.find(0x0a, from: 0) != nil || input.isReadable
  }

  /// The next record, the end record included, or nil behind it. Blank lines are passed over.
  ///
  /// Several streams may follow one another (`cat a b`), of either framing: each has its end record.
  ///
  /// - Throws: ``ToolError``: usage for what is no record, integrity when the stream was cut off or is empty,
  ///   incompatible for a frame that a newer program wrote.
  public mutating func next() throws(ToolError) -> StreamRecord? {
    while try input.need(1) {
      let first = input.first
      if first == 0x0a || first == 0x20 || first == 0x0d || first == 0x09 {
        if first == 0x0a { line += 1 }
        input.consume(1)
        continue
      }
      let place = input.offset
      let record = StreamFrame.isFirst(first) ? try frame() : try textLine()
      guard case .end(let end) = record else {
        records += 1
        hasEnd = false
        return record
      }
      if end.records != records {
        let text = "the stream should have \(end.records) records, it has \(records)"
        throw ToolError(.integrity, StreamFrame.isFirst(first) ? atByte(place, text) : atLine(text))
      }
      records = 0
      hasEnd = true
      return record
    }
    guard hasEnd else {
      let text = records > 0 ? "was cut off: its end record is missing" : "is empty, which no stream is"
      throw ToolError(.integrity, "\(name) \(text)", hint: "did the command before it fail?")
    }
    return nil
  }

  private mutating func frame() throws(ToolError) -> StreamRecord {
    let place = input.offset
    guard try input.need(StreamFrame.headerSize), let size = StreamFrame.size(at: input.window) else {
      throw cutOff(place)
    }
    guard size <= StreamFrame.headerSize + StreamFrame.bodyLimit else {
      throw ToolError(
        .usage, atByte(place, "a frame of \(size) bytes is larger than \(StreamFrame.bodyLimit)"),
        hint: "is it a stream of records?")
    }
    guard try input.need(size) else { throw cutOff(place) }
    let window = input.window
    let body = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: window[StreamFrame.headerSize..<size]))
    let record: StreamRecord
    do {
      record = try StreamFrame.record(window[0], body)
    } catch {
      var failure = error.toolError
      failure.message = atByte(place, "\(error)")
      throw failure
    }
    input.consume(size)
    return record
  }

  private mutating func textLine() throws(ToolError) -> StreamRecord {
    line += 1
    var searched = 0
    var end = input.find(0x0a, from: 0)
    while end == nil, input.count <= Self.lineLimit {
      searched = input.count
      if try !input.fill() { break }
      end = input.find(0x0a, from: searched)
    }
    let count = end ?? input.count
    if count > Self.lineLimit {
      throw ToolError(
        .usage, atLine("it is longer than \(Self.lineLimit) bytes"), hint: "records are described in hc-stream(5)")
    }
    let text = UnsafeRawBufferPointer(rebasing: input.window[..<count])
    if let record = scanner.record(text) {
      input.consume(count + (end == nil ? 0 : 1))
      return record
    }
    do {
      let record = try StreamRecord(line: Array(text))
      input.consume(count + (end == nil ? 0 : 1))
      return record
    } catch {
      if end == nil, case .notJSON = error, text.first == UInt8(ascii: "{") {
        throw ToolError(.integrity, "\(name) was cut off within line \(line)", hint: "did the command before it fail?")
      }
      throw ToolError(.usage, atLine("\(error)"), hint: "records are described in hc-stream(5)")
    }
  }

  private func atLine(_ text: String) -> String { "\(name), line \(line): \(text)" }
  private func atByte(_ place: UInt64, _ text: String) -> String { "\(name), byte \(place): \(text)" }

  private func cutOff(_ place: UInt64) -> ToolError {
    ToolError(
      .integrity, "\(name) was cut off within the frame at byte \(place)", hint: "did the command before it fail?")
  }
}
