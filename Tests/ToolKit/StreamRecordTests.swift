import CompactEncoding
import JSON
import TestSupport
import Testing

@testable import ToolKit

@Suite struct StreamRecordTests {
  private let key = Fixed32([UInt8](0..<32))!

  private var examples: [StreamRecord] {
    var core = StreamCore(core: key, length: 3, fork: 1)
    core.name = "events"
    core.manifest = [1, 2]
    core.treeHash = key
    core.signature = [UInt8](repeating: 7, count: 64)
    core.byteLength = 99
    var node = StreamNode(
      core: key, seq: 4, fork: 0, block: [2, 0, 1], heads: [.init(core: key, length: 4)], batch: 1, value: [1],
      optimistic: true)
    node.index = 8
    node.indexed = false
    return [
      .core(core), .core(StreamCore(core: key, length: 0)), .node(node),
      .block(StreamBlock(core: key, seq: 2, fork: 1, value: [])),
      .node(StreamNode(core: key, seq: 0, fork: 0, block: [9], heads: [], batch: 2, value: nil, optimistic: false)),
      .view(StreamView(view: "db", core: key, length: 7, signedLength: 5, treeHash: key)),
      .append(StreamAppend(view: "db", seq: 1, value: [255])), .truncate(StreamTruncate(view: nil, length: 3)),
      .truncate(StreamTruncate(view: "db", length: 3)), .end(StreamEnd(records: 12)),
      .other(JSONObject([("type", "note"), ("text", "hello")])),
    ]
  }

  @Test func recordsSurviveALine() throws {
    for record in examples {
      let line = record.json.utf8()
      #expect(try StreamRecord(line: line) == record)
      #expect(try StreamRecord(line: line).json.utf8() == line)
    }
  }

  @Test func unknownMembersAreKept() throws {
    for record in examples {
      var object = record.json.object!
      object["added"] = ["later": [1, 2]]
      let text = JSON.object(object).utf8()
      #expect(try StreamRecord(line: text).json.utf8() == text)
    }
  }

  @Test(arguments: [
    "", "{", "[]", "{}", "{\"type\":1}", "{\"type\":\"block\"}", "{\"type\":\"end\",\"records\":-1}",
    "{\"type\":\"end\",\"records\":1.5}", "{\"type\":\"block\",\"core\":\"yy\",\"seq\":0,\"value\":\"\"}",
    "{\"type\":\"truncate\",\"length\":\"1\"}",
  ])
  func wrongLinesAreErrors(line: String) {
    #expect(throws: StreamError.self) { try StreamRecord(line: Array(line.utf8)) }
  }

  @Test func mangledLinesNeverCrash() throws {
    var generator = SeededGenerator(seed: 11)
    for record in examples {
      let line = record.json.utf8()
      for index in line.indices {
        var mangled = line
        mangled[index] = UInt8.random(in: 0...255, using: &generator)
        _ = try? StreamRecord(line: mangled)
        _ = try? StreamRecord(line: Array(line[..<index]))
      }
    }
  }

  @Test func aStreamThatIsCutOffIsNoticed() throws {
    let folder = TemporaryDirectory()
    let block = StreamRecord.block(StreamBlock(core: key, seq: 0, fork: 0, value: [1])).json.text() + "\n"
    func read(_ text: String) throws -> Int {
      var reader = try StreamReader(path: folder.write("stream", Array(text.utf8)))
      var count = 0
      while try reader.next() != nil { count += 1 }
      return count
    }
    #expect(try read("\n{\"type\":\"end\",\"records\":0}\n") == 1)
    #expect(try read(block + "\n" + block + "{\"type\":\"end\",\"records\":2}\n") == 3)
    #expect(try read(block + "{\"type\":\"end\",\"records\":1}\n" + block + "{\"type\":\"end\",\"records\":1}\n") == 4)
    for text in ["", "\n", block, block + "{\"type\":\"end\",\"records\":2}\n"] {
      let error = #expect(throws: ToolError.self) { try read(text) }
      #expect(error?.status == .integrity)
    }
  }
}
