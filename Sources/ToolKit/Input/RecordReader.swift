import Glibc

/// Reads records from a descriptor: 64 KiB at a time, ends found with `memchr`.
public struct RecordReader: ~Copyable {
  /// The largest record that is taken unless told otherwise: the largest block other implementations take, 15 MiB.
  public static let defaultLimit = 15 << 20

  private let descriptor: Int32
  private let name: String
  private let framing: RecordFraming
  private let limit: Int
  private let closes: Bool
  private var buffer: [UInt8]
  private var start = 0
  private var end = 0
  private var atEnd = false
  /// Number of records read so far.
  public private(set) var count: UInt64 = 0

  /// Records from an open descriptor; `name` is what messages call it.
  ///
  /// - Parameter limit: the largest record in bytes.
  public init(descriptor: Int32, name: String, framing: RecordFraming, limit: Int = defaultLimit) {
    self.init(descriptor: descriptor, name: name, framing: framing, limit: limit, closes: false)
  }

  /// Records from the file at `path`; `-` is standard input.
  public init(path: String, framing: RecordFraming, limit: Int = defaultLimit) throws(ToolError) {
    if path == "-" {
      self.init(descriptor: 0, name: "standard input", framing: framing, limit: limit, closes: false)
      return
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw .system("cannot open \(path)", errno) }
    self.init(descriptor: descriptor, name: path, framing: framing, limit: limit, closes: true)
  }

  private init(descriptor: Int32, name: String, framing: RecordFraming, limit: Int, closes: Bool) {
    self.descriptor = descriptor
    self.name = name
    self.framing = framing
    self.limit = limit
    self.closes = closes
    buffer = [UInt8](repeating: 0, count: 1 << 16)
  }

  deinit { if closes { close(descriptor) } }

  /// The next record, or nil at the end.
  ///
  /// - Throws: ``ToolError``: usage for a record over the limit or a truncated one, local I/O when reading fails.
  public mutating func next() throws(ToolError) -> [UInt8]? {
    let record: [UInt8]?
    switch framing {
    case .lines: record = try terminated(by: 0x0a)
    case .nul: record = try terminated(by: 0)
    case .lengthPrefixed: record = try prefixed()
    case .whole: record = try whole()
    }
    if record != nil { count += 1 }
    return record
  }

  /// The records that are there now, at least one unless the stream ended, and at most `maximum` records or about
  /// `bytes` bytes: a batch never waits for input once it holds something.
  public mutating func nextBatch(maximum: Int, bytes: Int) throws(ToolError) -> [[UInt8]] {
    var batch: [[UInt8]] = []
    var size = 0
    while batch.count < maximum, size < bytes {
      if !batch.isEmpty, !isReady { break }
      guard let record = try next() else { break }
      size += record.count
      batch.append(record)
    }
    return batch
  }

  /// Whether ``next()`` will probably return without waiting.
  public var isReady: Bool { hasWholeRecord || inputIsReady }

  private var hasWholeRecord: Bool {
    switch framing {
    case .lines: find(0x0a, from: start) != nil
    case .nul: find(0, from: start) != nil
    case .lengthPrefixed, .whole: false
    }
  }

  private var inputIsReady: Bool {
    if atEnd { return true }
    var query = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&query, 1, 0) > 0
  }

  private mutating func terminated(by terminator: UInt8) throws(ToolError) -> [UInt8]? {
    var searched = start
    while true {
      if let index = find(terminator, from: searched) {
        if index - start > limit { throw tooLarge() }
        let record = Array(buffer[start..<index])
        start = index + 1
        return record
      }
      if end - start > limit { throw tooLarge() }
      let length = end - start
      if try !fill() {
        guard start < end else { return nil }
        return take(end - start)
      }
      searched = start + length
    }
  }

  private mutating func prefixed() throws(ToolError) -> [UInt8]? {
    if start == end, try !fill() { return nil }
    let first = buffer[start]
    let width = first <= 0xfc ? 0 : 1 << (Int(first) - 0xfc)
    try need(1 + width)
    var length = UInt64(first)
    if width > 0 {
      length = 0
      for i in (0..<width).reversed() { length = length << 8 | UInt64(buffer[start + 1 + i]) }
    }
    if length > UInt64(limit) { throw tooLarge() }
    start += 1 + width
    try need(Int(length))
    return take(Int(length))
  }

  private mutating func whole() throws(ToolError) -> [UInt8]? {
    if count > 0 { return nil }
    while try fill() { if end - start > limit { throw tooLarge() } }
    return take(end - start)
  }

  private mutating func take(_ length: Int) -> [UInt8] {
    let record = Array(buffer[start..<start + length])
    start += length
    return record
  }

  private mutating func need(_ length: Int) throws(ToolError) {
    while end - start < length {
      if try !fill() {
        throw ToolError(
          .usage, "\(name) ends within record \(count + 1)", hint: "the input was cut off or is not length-prefixed")
      }
    }
  }

  private func find(_ byte: UInt8, from index: Int) -> Int? {
    buffer.withUnsafeBytes { bytes in
      guard index < end, let base = bytes.baseAddress else { return nil }
      guard let hit = memchr(base + index, Int32(byte), end - index) else { return nil }
      return UnsafeRawPointer(hit) - base
    }
  }

  private func tooLarge() -> ToolError {
    ToolError(.usage, "record \(count + 1) of \(name) is larger than \(limit) bytes", hint: "is the separator right?")
  }

  /// Reads more behind `end`; false at the end of the stream.
  private mutating func fill() throws(ToolError) -> Bool {
    if atEnd { return false }
    if start == end {
      start = 0
      end = 0
    }
    if end == buffer.count {
      if start > 0 {
        buffer.withUnsafeMutableBytes { _ = memmove($0.baseAddress!, $0.baseAddress! + start, end - start) }
        end -= start
        start = 0
      } else {
        buffer.append(contentsOf: repeatElement(0, count: buffer.count))
      }
    }
    while true {
      let offset = end
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + offset, $0.count - offset) }
      if count > 0 {
        end += count
        return true
      }
      if count == 0 {
        atEnd = true
        return false
      }
      if errno == EAGAIN {
        var query = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        poll(&query, 1, -1)
      } else if errno != EINTR {
        throw .system("cannot read \(name)", errno)
      }
    }
  }
}
