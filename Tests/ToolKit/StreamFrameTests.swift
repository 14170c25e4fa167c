import CompactEncoding
import Glibc
import JSON
import TestSupport
import Testing

@testable import ToolKit

/// Both forms of the same records.
@Suite struct StreamFrameTests {
  /// Records with everything optional there or not, and with members of their own.
  static func records(_ generator: inout SeededGenerator, count: Int) -> [StreamRecord] {
    (0..<count).map { _ in record(&generator) }
  }

  private static func record(_ generator: inout SeededGenerator) -> StreamRecord {
    func chance() -> Bool { Bool.random(using: &generator) }
    func number() -> UInt64 {
      let bits = Int.random(in: 0...53, using: &generator)
      return UInt64.random(in: 0...maximumSafeInteger, using: &generator) >> (53 - UInt64(bits))
    }
    func bytes(_ limit: Int = 60) -> [UInt8] {
      (0..<Int.random(in: 0...limit, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
    func key() -> Fixed32 {
      let first = UInt8.random(in: 0...9, using: &generator)
      return Fixed32([UInt8](repeating: first, count: 31) + [7]) ?? Fixed32()
    }
    func text() -> String { ["db", "", "a\"b\\c\n", "grüße 🌍", "\u{1}"].randomElement(using: &generator) ?? "" }
    var extra = JSONObject()
    if Int.random(in: 0..<4, using: &generator) == 0 {
      extra["later"] = [1, ["x": .string(text())]]
      if chance() { extra["other"] = .null }
    }
    switch Int.random(in: 0..<9, using: &generator) {
    case 0:
      var core = StreamCore(core: key(), length: number(), fork: number())
      if chance() { core.name = text() }
      if chance() { core.byteLength = number() }
      if chance() { core.manifest = bytes() }
      if chance() { core.treeHash = key() }
      if chance() { core.signature = bytes() }
      core.extra = extra
      return .core(core)
    case 1:
      var block = StreamBlock(core: key(), seq: number(), fork: number(), value: bytes(300))
      block.extra = extra
      return .block(block)
    case 2, 3:
      let heads = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
        StreamNode.Head(core: key(), length: number())
      }
      var node = StreamNode(
        core: key(), seq: number(), fork: number(), block: bytes(), heads: heads, batch: number(),
        value: chance() ? bytes() : nil, optimistic: chance())
      if chance() { node.index = number() }
      if chance() { node.indexed = chance() }
      node.extra = extra
      return .node(node)
    case 4:
      var view = StreamView(view: text(), length: number())
      if chance() { view.core = key() }
      if chance() { view.signedLength = number() }
      if chance() { view.treeHash = key() }
      view.extra = extra
      return .view(view)
    case 5:
      var append = StreamAppend(view: text(), seq: number(), value: bytes())
      append.extra = extra
      return .append(append)
    case 6:
      var truncate = StreamTruncate(core: chance() ? key() : nil, view: chance() ? text() : nil, length: number())
      truncate.extra = extra
      return .truncate(truncate)
    case 7:
      var object = JSONObject([("type", .string("later-" + text()))])
      for (name, value) in extra { object[name] = value }
      return .other(object)
    default: return .block(StreamBlock(core: key(), seq: number(), fork: 0, value: []))
    }
  }

  /// What a writer writes of records, and their end.
  static func stream(_ records: [StreamRecord], _ framing: StreamFraming, endsWith end: Bool = true) throws -> [UInt8] {
    let path = TemporaryDirectory()
    let file = path.path + "/stream"
    let descriptor = open(file, O_RDWR | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    let writer = try StreamWriter(Output(descriptor: descriptor, name: "a file"), framing: framing)
    for record in records { try writer.write(record) }
    try end ? writer.end() : writer.flush()
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    lseek(descriptor, 0, SEEK_SET)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count <= 0 { return bytes }
      bytes += chunk[..<count]
    }
  }

  /// The records of a stream without end records.
  static func read(_ bytes: [UInt8]) throws -> [StreamRecord] {
    let folder = TemporaryDirectory()
    var reader = try StreamReader(path: folder.write("stream", bytes))
    var records: [StreamRecord] = []
    while let record = try reader.next() {
      if case .end = record { continue }
      records.append(record)
    }
    return records
  }

  @Test(arguments: 0..<20)
  func bothFormsHoldTheSame(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let records = Self.records(&generator, count: 60)
    let lines = try Self.stream(records, .lines)
    let frames = try Self.stream(records, .frames)
    #expect(try Self.read(lines) == records, "seed \(seed)")
    #expect(try Self.read(frames) == records, "seed \(seed)")
    #expect(try Self.stream(Self.read(frames), .lines) == lines, "seed \(seed)")
    #expect(try Self.stream(Self.read(lines), .frames) == frames, "seed \(seed)")
    #expect(try Self.read(lines + frames + frames + [0x0a] + lines) == records + records + records + records)
    // The lines are those of the general writer, and the general parser reads them.
    let plain = records.map { $0.json.utf8() + [0x0a] } + [StreamEnd(records: 60).json.utf8() + [0x0a]]
    #expect(Array(plain.joined()) == lines, "seed \(seed)")
    for (line, record) in zip(plain, records) {
      #expect(try StreamRecord(line: Array(line.dropLast())) == record, "seed \(seed)")
    }
  }

  @Test func linesThatAreScannedMeanWhatTheyMeanToTheParser() throws {
    let scanner = LineScanner()
    var generator = SeededGenerator(seed: 5)
    var scanned = 0
    for record in Self.records(&generator, count: 150) {
      let line = record.json.utf8()
      for _ in 0..<60 {
        var mangled = line
        let index = Int.random(in: 0..<line.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: mangled[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: mangled.remove(at: index)
        case 2: mangled.insert(contentsOf: Array(line.prefix(index).suffix(9)), at: index)
        default: mangled.insert(Array("0,\"}{:a ".utf8).randomElement(using: &generator) ?? 0, at: index)
        }
        guard let fast = mangled.withUnsafeBytes({ scanner.record($0) }) else { continue }
        scanned += 1
        let slow = try? StreamRecord(line: mangled)
        #expect(slow == fast, "\(String(decoding: mangled, as: UTF8.self))")
      }
    }
    #expect(scanned > 50)
  }

  @Test func mangledFramesNeverCrash() throws {
    var generator = SeededGenerator(seed: 12)
    let records = Self.records(&generator, count: 40)
    for record in records {
      let frame = try Self.stream([record], .frames, endsWith: false)
      for index in frame.indices {
        for _ in 0..<4 {
          var mangled = frame
          mangled[index] = UInt8.random(in: 0...255, using: &generator)
          let body = mangled[StreamFrame.headerSize...]
          _ = try? Array(body).withUnsafeBytes { try StreamFrame.record(mangled[0], RawSpan(_unsafeBytes: $0)) }
        }
      }
    }
    // The whole way, through the reader: a length that is mangled shifts everything behind it.
    let stream = try Self.stream(Array(records.prefix(6)), .frames)
    for index in stream.indices {
      var mangled = stream
      mangled[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      _ = try? Self.read(mangled)
    }
  }

  @Test func framesThatAreCutOffAreNoticed() throws {
    var generator = SeededGenerator(seed: 3)
    let records = Self.records(&generator, count: 3)
    let stream = try Self.stream(records, .frames)
    for count in 1..<stream.count {
      let error = #expect(throws: ToolError.self) { try Self.read(Array(stream[..<count])) }
      #expect(error?.status == .integrity, "\(count) bytes")
    }
    #expect(try Self.read(stream) == records)
  }

  @Test func whatIsNoFrameIsRefused() throws {
    let huge: [UInt8] = [0x82, 0xff, 0xff, 0xff, 0xff, 0]
    #expect(#expect(throws: ToolError.self) { try Self.read(huge) }?.status == .usage)
    let newer: [UInt8] = [0xbf, 1, 0, 0, 0, 0]
    #expect(#expect(throws: ToolError.self) { try Self.read(newer) }?.status == .incompatible)
    let short: [UInt8] = [0x82, 1, 0, 0, 0, 0]
    #expect(#expect(throws: ToolError.self) { try Self.read(short) }?.status == .usage)
    let tooMuch = try Self.stream([.end(StreamEnd(records: 0))], .frames, endsWith: false)
    var longer = tooMuch + [0]
    longer[1] += 1
    #expect(#expect(throws: ToolError.self) { try Self.read(longer) }?.status == .usage)
    #expect(#expect(throws: ToolError.self) { try Self.read([0xc3, 0xa9]) }?.status == .usage)
  }
}
