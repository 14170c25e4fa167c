import CompactEncoding
import Hyperbee
import Hypercore
import IndexEncoder
import JSON
import TestSupport
import Testing

/// The `extras` of the vector file: subs, prefixing key encoders, codecs, watchers.
@Suite struct HyperbeeExtrasTests {
  let extras: JSON

  init() throws { extras = try Vectors.load("04-hyperbee").at("extras") }

  // MARK: Subs

  /// Blocks are replayed as puts through the sub that owns the key, then every query is asked of its bee.
  @Test func subs() throws {
    let subs = try extras.at("subs")
    let expected = try subs.list("blocks").map { try $0.hex() }
    let log = MemoryLog()
    let root = Hyperbee(log)
    let reader = Hyperbee(MemoryLog(expected))
    for sequence in 1..<UInt64(expected.count) {
      let entry = try reader.get(sequence: sequence)
      let owner = ["a.b", "a", "b"].map { sub($0, of: root) }.first { entry.key.starts(with: $0.prefix) } ?? root
      try owner.put(Array(entry.key.dropFirst(owner.prefix.count)), entry.value)
    }
    #expect(log.blocks == expected)
    let queries = try subs.list("queries")
    for query in queries {
      let name = try query.text("bee")
      var bee = sub(name, of: root)
      if let version = name.split(separator: "checkout(").dropFirst().first.flatMap({ UInt64($0.dropLast()) }) {
        bee = try bee.checkout(version)
      }
      if let key = query["get"]?.string {
        let found = try bee.get(Array(key.utf8))
        #expect(try found?.sequence == query.at("result").at("seq").unsigned)
        #expect(try isEqual(found, query.at("result").at("key"), query.at("result").at("value")))
        continue
      }
      let options = try query.at("opts")
      let found = try bee.range(
        options.keyRange(), reverse: options["reverse"]?.bool ?? false, limit: options["limit"]?.integer.map(Int.init)
      ).collect()
      let entries = try query.list("entries")
      #expect(found.count == entries.count, "\(query)")
      for (found, entry) in zip(found, entries) {
        #expect(found.sequence == entry[0]?.unsigned, "\(query)")
        #expect(try isEqual(found, #require(entry[1]), #require(entry[2])), "\(query)")
      }
    }
    #expect(!queries.isEmpty)
  }

  /// `root`, `a`, `a.b` or `b`, the last with its own separator, as the file's note says.
  func sub(_ name: String, of root: Hyperbee) -> Hyperbee {
    let path = name.split(separator: ".").prefix { !$0.hasPrefix("checkout") }
    return path.reduce(root) { bee, name in
      name == "root" ? bee : bee.sub(String(name), separator: path == ["b"] ? [0x21] : [0])
    }
  }

  /// Bytes are given in hex, text as it is, JSON as its value.
  func isEqual(_ entry: Hyperbee.Entry?, _ key: JSON, _ value: JSON) throws -> Bool {
    guard let entry else { return key.isNull }
    return isEqual(entry.key, key) && isEqual(entry.value ?? [], value)
  }

  func isEqual(_ bytes: [UInt8], _ json: JSON) -> Bool {
    guard let text = json.string else { return (try? JSON(parsing: bytes)) == json }
    return bytes == Array(text.utf8) || bytes == Hex.decode(text)
  }

  @Test func subEncoderAsKeyCodec() throws {
    let expected = try extras.at("subEncoderAsKeyEncoding")
    let blocks = try expected.list("blocks").map { try $0.hex() }
    let log = MemoryLog()
    let bee = Hyperbee(log)
    let reader = Hyperbee(MemoryLog(blocks))
    func coded(_ sub: String) -> CodedBee<SubEncoderCodec<TextCodec>, TextCodec> {
      bee.coded(key: SubEncoderCodec(SubEncoder(sub), TextCodec.utf8), value: .utf8)
    }
    for sequence in 1..<UInt64(blocks.count) {
      let entry = try reader.get(sequence: sequence)
      let parts = String(decoding: entry.key, as: UTF8.self).split(separator: "\0")
      try coded(String(parts[0])).put(String(parts[1]), entry.value.map { String(decoding: $0, as: UTF8.self) })
    }
    #expect(log.blocks == blocks)
    let members = coded("members")
    let all = try members.entries().map { JSON.array([.integer(Int64($0.sequence)), .string($0.key)]) }
    #expect(try all == expected.list("allMembers"))
    let after = try members.entries(Bounds(gt: "k1")).map {
      JSON.array([.integer(Int64($0.sequence)), .string($0.key)])
    }
    #expect(try after == expected.list("afterK1"))
    #expect(try coded("nodes").get("k1").flatMap { $0.value.map { Array($0.utf8) } } == expected.hex("get"))
  }

  // MARK: Codecs

  @Test func codecs() throws {
    let cases = try extras.list("codecs")
    for item in cases {
      let log = MemoryLog()
      let key = try AnyCodec(item.text("keyEncoding"))
      let value = try AnyCodec(item.text("valueEncoding"))
      let bee = Hyperbee(log).coded(key: key, value: value)
      try bee.put(item.at("key"), item.at("value"))
      #expect(try log.blocks.last == item.hex("block"), "\(item)")
      let entry = try #require(try bee.get(item.at("key")))
      let expected = try item.at("get")
      #expect(try entry.sequence == expected.number("seq"))
      #expect(try bee.entries().map(\.key) == [expected.at("key")], "\(item)")
      #expect(try (entry.value ?? .null) == expected.at("value"), "\(item)")
    }
    #expect(!cases.isEmpty)
  }

  /// A codec by the name it has in the file. Binary takes text and gives hex, as the file writes it.
  struct AnyCodec: BeeCodec {
    let name: String
    let text: TextCodec?

    init(_ name: String) throws {
      self.name = name
      text = TextCodec(name: name)
      guard text != nil || ["json", "ndjson", "binary"].contains(name) else {
        throw VectorError("unknown codec \(name)")
      }
    }

    func encode(_ value: JSON) -> [UInt8] {
      if name.hasSuffix("json") { return JSONCodec(isLine: name == "ndjson").encode(value) }
      return text.map { $0.encode(value.string ?? "") } ?? BinaryCodec().encode(Array((value.string ?? "").utf8))
    }

    func decode(_ bytes: [UInt8]) throws -> JSON {
      if name.hasSuffix("json") { return try JSONCodec(isLine: name == "ndjson").decode(bytes) }
      return .string(text.map { $0.decode(bytes) } ?? Hex.encode(BinaryCodec().decode(bytes)))
    }

    func isAbsent(_ value: JSON) -> Bool { name.hasSuffix("json") && JSONCodec().isAbsent(value) }
  }

  @Test(arguments: TextCodec.allCases)
  func textCodecsReadWhatTheyWrite(codec: TextCodec) {
    let texts: [TextCodec: String] = [
      .utf8: "é😀", .ascii: "az", .hex: "00ff10", .base64: "AAEC/w==", .utf16le: "é😀",
    ]
    #expect(codec.decode(codec.encode(texts[codec] ?? "")) == texts[codec])
  }

  // MARK: Watchers

  /// The log alternates steps, told in words, with what the watchers of the file report after each.
  @Test func watchers() throws {
    let lines = try extras.list("watch")
    let log = MemoryLog()
    let bee = Hyperbee(log)
    // The watched entry exists before the first step, with the value that the first line tells.
    if let value = lines.first?[1]?.string { try bee.put(Array("a".utf8), Array(value.utf8)) }
    var entry = try bee.watch(key: Array("a".utf8))
    var range = try bee.watch(KeyRange(gte: Array("m".utf8), lt: Array("n".utf8)))
    var reports: [JSON] = []
    for line in lines {
      let kind = try #require(line[0]?.string)
      switch kind {
      case "getAndWatch node": #expect(text(entry.entry?.value) == line[1])
      case "step":
        #expect(reports.isEmpty, "not in the file: \(reports)")
        let step = try #require(line[1]?.string)
        try run(step, bee, log)
        if try entry.poll() { reports.append(["entry update", text(entry.entry?.value)]) }
        if let (current, previous) = try range.poll() {
          reports.append(["range yield", .integer(Int64(current.version)), .integer(Int64(previous.version))])
        }
      case "entry update", "range yield": #expect((reports.isEmpty ? nil : reports.removeFirst()) == line)
      default:
        #expect(reports.isEmpty, "not in the file: \(reports)")
        try checkMisuse(kind, try #require(line[1]), bee)
      }
    }
    #expect(lines.contains { $0[0] == "step" })
  }

  func text(_ value: [UInt8]?) -> JSON { value.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null }

  func run(_ step: String, _ bee: Hyperbee, _ log: MemoryLog) throws {
    let words = step.split(separator: " ").map(String.init)
    switch words[0] {
    case "put":
      let pair = words[1].split(separator: "=", maxSplits: 1).map { Array($0.utf8) }
      try bee.put(pair[0], pair.count > 1 ? pair[1] : [0x76])
    case "batch":
      let batch = try bee.batch()
      for key in words[1].split(separator: ",") { try batch.put(Array(key.utf8), [0x76]) }
      try batch.flush()
    case "del": try bee.delete(Array(words[1].utf8))
    case "truncate": try log.truncate(to: try #require(UInt64(words[2])))
    default: throw VectorError("unknown step \(step)")
    }
  }

  func checkMisuse(_ kind: String, _ expected: JSON, _ bee: Hyperbee) throws {
    func message(_ body: () throws -> Void) -> JSON {
      do {
        try body()
        return .null
      } catch LogError.blockNotAvailable {
        return "SNAPSHOT_NOT_AVAILABLE"
      } catch {
        return .string("\(error)")
      }
    }
    switch kind {
    case "sub.watch": #expect(message { _ = try bee.sub("x").watch() } == expected)
    case "sub.getAndWatch": #expect(message { _ = try bee.sub("x").watch(key: []) } == expected)
    case "readonly put":
      let readOnly = Hyperbee(bee.log, options: Hyperbee.Options(isReadOnly: true))
      #expect(message { try readOnly.put([1], nil) } == expected)
    case "live reverse": #expect(message { _ = try bee.history(reverse: true, isLive: true) } == expected)
    case "isHyperbee": #expect(try JSON.bool(Hyperbee.isHyperbee(bee.log)) == expected)
    default:
      guard kind.hasPrefix("getBySeq("), let sequence = UInt64(kind.dropFirst(9).dropLast()) else {
        throw VectorError("unknown case \(kind)")
      }
      #expect(message { _ = try bee.get(sequence: sequence) } == expected)
    }
  }
}

extension JSON {
  /// Bounds given as text.
  func keyRange() -> KeyRange {
    func bound(_ name: String) -> [UInt8]? { self[name]?.string.map { Array($0.utf8) } }
    return KeyRange(gt: bound("gt"), gte: bound("gte"), lt: bound("lt"), lte: bound("lte"))
  }
}
