package import CompactEncoding
import JSON

/// Writes records as lines of JSON; nodes, blocks of logs and blocks of views without building a JSON value for each.
package struct LineEncoder {
  private let keys = KeyTexts()
  private let hex = HexTables()
  private var scratch: [UInt8] = []

  /// An encoder.
  package init() {}

  /// Adds a record and its line feed.
  package mutating func append(_ record: StreamRecord, to output: inout OutputBuffer) {
    switch record {
    case .node(let node): append(node, node.extra, to: &output)
    case .block(let block): append(block, block.extra, to: &output)
    case .append(let append) where append.view.utf8.allSatisfy(Self.isPlain):
      self.append(append, append.extra, to: &output)
    default:
      scratch.removeAll(keepingCapacity: true)
      record.json.write(to: &scratch)
      scratch.append(0x0a)
      output.append(scratch)
    }
  }

  /// Whether a character needs no escape.
  private static func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x22 && byte != 0x5c }

  private mutating func append(_ line: some DirectLine, _ extra: JSONObject, to output: inout OutputBuffer) {
    var size = LineSize()
    line.write(to: &size)
    scratch.removeAll(keepingCapacity: true)
    if !extra.isEmpty {
      // `{…}` becomes `,…}` and takes the place of the line's own end.
      JSON.object(extra).write(to: &scratch)
      scratch[0] = UInt8(ascii: ",")
      scratch.append(0x0a)
    }
    // The line's own end, `}` and a line feed, is never longer.
    let end = extra.isEmpty ? size.count : size.count - 2
    output.append(byteCount: end + scratch.count) { target in
      let base = target.baseAddress.unsafelyUnwrapped
      var writer = LineWriter(base, keys, hex)
      line.write(to: &writer)
      precondition(writer.count == size.count, "a line has the size that was measured")
      scratch.withUnsafeBytes { rest in
        if let start = rest.baseAddress { (base + end).copyMemory(from: start, byteCount: rest.count) }
      }
    }
  }
}

/// A record that writes its line itself.
protocol DirectLine {
  func write(to sink: inout some LineSink)
}

/// Takes the pieces of a line.
protocol LineSink {
  mutating func literal(_ text: StaticString)
  mutating func text(_ text: String)
  mutating func number(_ value: UInt64)
  mutating func key(_ key: Fixed32)
  mutating func hex(_ bytes: [UInt8])
}

/// Counts the bytes of a line.
struct LineSize: LineSink {
  var count = 0

  mutating func literal(_ text: StaticString) { count += text.utf8CodeUnitCount }
  mutating func text(_ text: String) { count += text.utf8.count }
  mutating func key(_ key: Fixed32) { count += KeyTexts.textLength }
  mutating func hex(_ bytes: [UInt8]) { count += 2 * bytes.count }

  mutating func number(_ value: UInt64) {
    count += 1
    var rest = value / 10
    while rest > 0 {
      count += 1
      rest /= 10
    }
  }
}

/// Writes the bytes of a line.
struct LineWriter: LineSink {
  private let base: UnsafeMutableRawPointer
  private let keys: KeyTexts
  private let tables: HexTables
  private(set) var count = 0

  init(_ base: UnsafeMutableRawPointer, _ keys: KeyTexts, _ tables: HexTables) {
    self.base = base
    self.keys = keys
    self.tables = tables
  }

  mutating func literal(_ text: StaticString) {
    (base + count).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    count += text.utf8CodeUnitCount
  }

  mutating func text(_ text: String) {
    for byte in text.utf8 {
      base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
      count += 1
    }
  }

  mutating func number(_ value: UInt64) {
    var size = LineSize()
    size.number(value)
    var rest = value
    for i in (0..<size.count).reversed() {
      base.storeBytes(of: UInt8(truncatingIfNeeded: 48 + rest % 10), toByteOffset: count + i, as: UInt8.self)
      rest /= 10
    }
    count += size.count
  }

  mutating func key(_ key: Fixed32) {
    keys.write(key, to: base + count)
    count += KeyTexts.textLength
  }

  mutating func hex(_ bytes: [UInt8]) {
    tables.encode(bytes, to: base + count)
    count += 2 * bytes.count
  }
}

extension StreamNode: DirectLine {
  func write(to sink: inout some LineSink) {
    sink.literal("{\"type\":\"node\",\"core\":\"")
    sink.key(core)
    sink.literal("\",\"seq\":")
    sink.number(seq)
    sink.literal(",\"fork\":")
    sink.number(fork)
    if let index {
      sink.literal(",\"index\":")
      sink.number(index)
    }
    if let indexed { sink.literal(indexed ? ",\"indexed\":true" : ",\"indexed\":false") }
    sink.literal(",\"heads\":[")
    for (i, head) in heads.enumerated() {
      sink.literal(i == 0 ? "{\"core\":\"" : ",{\"core\":\"")
      sink.key(head.core)
      sink.literal("\",\"length\":")
      sink.number(head.length)
      sink.literal("}")
    }
    sink.literal("],\"batch\":")
    sink.number(batch)
    if let value {
      sink.literal(",\"value\":\"")
      sink.hex(value)
      sink.literal("\"")
    } else {
      sink.literal(",\"value\":null")
    }
    if optimistic { sink.literal(",\"optimistic\":true") }
    sink.literal(",\"block\":\"")
    sink.hex(block)
    sink.literal("\"}\n")
  }
}

extension StreamBlock: DirectLine {
  func write(to sink: inout some LineSink) {
    sink.literal("{\"type\":\"block\",\"core\":\"")
    sink.key(core)
    sink.literal("\",\"seq\":")
    sink.number(seq)
    sink.literal(",\"fork\":")
    sink.number(fork)
    sink.literal(",\"value\":\"")
    sink.hex(value)
    sink.literal("\"}\n")
  }
}

extension StreamAppend: DirectLine {
  func write(to sink: inout some LineSink) {
    sink.literal("{\"type\":\"append\",\"view\":\"")
    sink.text(view)
    sink.literal("\",\"seq\":")
    sink.number(seq)
    sink.literal(",\"value\":\"")
    sink.hex(value)
    sink.literal("\"}\n")
  }
}
