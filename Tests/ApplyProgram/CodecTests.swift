import CompactEncoding
import JSON
import TestSupport
import Testing

@testable import ApplyProgram

/// Messages from a seed.
struct MessageGenerator {
  var random: SeededGenerator
  let encoding: ApplyEncoding

  init(seed: UInt64, encoding: ApplyEncoding) {
    random = SeededGenerator(seed: seed)
    self.encoding = encoding
  }

  mutating func number(_ limit: UInt64 = 1 << 40) -> UInt64 { UInt64.random(in: 0..<limit, using: &random) }
  mutating func flag() -> Bool { Bool.random(using: &random) }
  mutating func list<T>(_ limit: UInt64, _ item: (inout Self) -> T) -> [T] {
    (0..<number(limit)).map { _ in item(&self) }
  }
  mutating func key() -> Fixed32 { Fixed32((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })! }
  mutating func position() -> ApplyPosition { ApplyPosition(core: key(), length: number()) }

  /// Bytes that the encoding carries, or, where they only go to the program, any.
  mutating func bytes(isAny: Bool) -> [UInt8] {
    if isAny, number(4) == 0 { return list(20) { UInt8($0.number(256)) } }
    switch encoding {
    case .hex: return list(20) { UInt8($0.number(256)) }
    case .utf8: return Array(["", "a", "äöü", "\"quoted\"\n\u{0}", "👍", "{}"].randomElement(using: &random)!.utf8)
    case .json:
      return Array(
        ["null", "1", "-1.5", "\"x\"", "[1,{\"a\":null}]", "{\"b\":\"\\n\"}"].randomElement(using: &random)!.utf8)
    }
  }

  mutating func node() -> ApplyNode {
    var node = ApplyNode(
      position: position(), value: bytes(isAny: true), batchIndex: number(), batchRest: number())
    if flag() {
      node.base = ApplyNode.Base(heads: list(4) { $0.position() }, isIndexed: flag(), isOptimistic: flag())
    } else {
      node.classic = ApplyNode.Classic(
        clock: list(4) { $0.position() }, prefix: list(4) { $0.position() }, operations: number())
    }
    return node
  }

  mutating func requests() -> [ApplyRequest] {
    [
      .hello(ApplyOffer(mode: flag() ? .base : .classic, views: list(3) { "v\($0.number(100))" })),
      .batch(
        ApplyBatch(
          id: number(), isResuming: flag(),
          views: ["a", "b"].map { name in
            ApplyBatch.View(name: name, length: number(), last: flag() ? bytes(isAny: true) : nil)
          }, nodes: list(5) { $0.node() })),
      .block(ApplyBlocks(view: "a", index: number(), blocks: list(5) { $0.bytes(isAny: true) })),
    ]
  }

  mutating func call() -> ApplyCall {
    switch number(5) {
    case 0: .addWriter(key(), isIndexer: flag())
    case 1: .removeWriter(key())
    case 2: .ackWriter(key())
    case 3: .preferFastForward
    default: .interrupt("because \"\(number())\"")
    }
  }

  mutating func replies() -> [ApplyReply] {
    [
      .hello(
        ApplyHello(
          values: encoding, blocks: flag() ? .hex : encoding, views: flag() ? nil : ["a", "b"],
          limit: flag() ? nil : number() + 1)),
      .answer(
        ApplyAnswer(
          id: flag() ? nil : number(),
          results: list(6) { generator in
            let names = generator.flag() ? ["a"] : ["b", "a"]
            return ApplyResult(
              appends: generator.flag()
                ? []
                : names.map { name in
                  ApplyResult.Append(
                    view: name, blocks: [generator.bytes(isAny: false)] + generator.list(3) { $0.bytes(isAny: false) })
                }, calls: generator.list(3) { $0.call() })
          })),
      .get(ApplyGet(view: flag() ? nil : "b", index: number(), count: number())),
    ]
  }
}

@Suite struct CodecTests {
  private func codec(_ encoding: ApplyEncoding) -> ApplyCodec {
    ApplyCodec(values: encoding, blocks: encoding, views: ["a", "b"])
  }

  @Test(arguments: ApplyEncoding.allCases) func messagesComeBackAsTheyWere(encoding: ApplyEncoding) throws {
    let codec = codec(encoding)
    for seed in 1...20 as ClosedRange<UInt64> {
      var generator = MessageGenerator(seed: seed, encoding: encoding)
      for request in generator.requests() {
        let line = codec.line(request)
        #expect(line.last == 10 && line.count { $0 == 10 } == 1, "seed \(seed)")
        #expect(try codec.request(line.dropLast()) == request, "seed \(seed)")
      }
      for reply in generator.replies() {
        let line = codec.line(reply)
        #expect(line.last == 10 && line.count { $0 == 10 } == 1, "seed \(seed)")
        #expect(try codec.reply(line.dropLast()) == reply, "seed \(seed)")
      }
    }
  }

  /// Whatever becomes of a line, reading it ends with a message or an error, and a session that gets it survives.
  @Test(arguments: ApplyEncoding.allCases) func noLineCrashesAnybody(encoding: ApplyEncoding) throws {
    let codec = codec(encoding)
    var random = SeededGenerator(seed: 7)
    var failures = 0
    var count = 0
    for seed in 1...3 as ClosedRange<UInt64> {
      var generator = MessageGenerator(seed: seed, encoding: encoding)
      let lines = generator.requests().map { codec.line($0) } + generator.replies().map { codec.line($0) }
      for line in lines {
        for _ in 0..<min(line.count, 40) {
          let index = Int.random(in: 0..<line.count - 1, using: &random)
          var mangled = Array(line.dropLast())
          switch Int.random(in: 0..<4, using: &random) {
          case 0: mangled[index] ^= UInt8.random(in: 1...255, using: &random)
          case 1: mangled.remove(at: index)
          case 2: mangled.removeSubrange(index...)
          default: mangled.insert(contentsOf: mangled[index...].prefix(9), at: index)
          }
          count += 1
          do throws(ApplyProtocolError) { _ = try codec.request(mangled) } catch { failures += 1 }
          do throws(ApplyProtocolError) { _ = try codec.reply(mangled) } catch { failures += 1 }
          var greeted = ApplySession(mode: .base, views: [])
          _ = greeted.begin()
          _ = try? greeted.receive(mangled)
          var asked = ApplySession(mode: .base, views: ["a", "b"])
          _ = asked.begin()
          _ = try asked.receive(codec.line(.hello(ApplyHello(values: encoding))).dropLast())
          _ = asked.ask([generator.node()], views: [], isResuming: true)
          _ = try? asked.receive(mangled)
        }
      }
    }
    #expect(count > 300 && failures > count)
  }

  @Test func aBlockThatIsNotOfTheKindComesInHex() throws {
    let node = ApplyNode(position: ApplyPosition(core: Fixed32(), length: 1), value: [0xff, 0x7b])
    for encoding in ApplyEncoding.allCases {
      let line = codec(encoding).line(.batch(ApplyBatch(id: 1, isResuming: true, views: [], nodes: [node])))
      let object = try #require(try JSON(parsing: line)["nodes"]?[0])
      #expect(object[encoding == .hex ? "value" : "hex"]?.string == "ff7b")
    }
  }
}
