import Glibc
import TestSupport
import Testing

@testable import ToolKit

@Suite struct RecordReaderTests {
  private func records(
    _ bytes: [UInt8], _ framing: RecordFraming, limit: Int = RecordReader.defaultLimit
  ) throws -> [[UInt8]] {
    let folder = TemporaryDirectory()
    var reader = try RecordReader(path: folder.write("input", bytes), framing: framing, limit: limit)
    var all: [[UInt8]] = []
    while let record = try reader.next() { all.append(record) }
    #expect(reader.count == UInt64(all.count))
    return all
  }

  @Test func linesEndWithLineFeed() throws {
    #expect(try records(Array("a\n\nb\r\nlast".utf8), .lines) == ["a", "", "b\r", "last"].map { Array($0.utf8) })
    #expect(try records([], .lines) == [])
    #expect(try records([10], .lines) == [[]])
  }

  @Test func nulRecordsKeepLineFeeds() throws {
    #expect(try records(Array("a\nb\0\0c".utf8), .nul) == ["a\nb", "", "c"].map { Array($0.utf8) })
  }

  @Test func wholeIsOneRecordEvenWhenEmpty() throws {
    #expect(try records([0, 10, 255], .whole) == [[0, 10, 255]])
    #expect(try records([], .whole) == [[]])
  }

  @Test func lengthPrefixesOfAllWidths() throws {
    let small = [UInt8](repeating: 1, count: 0xfc)
    let medium = [UInt8](repeating: 2, count: 0xfd)
    let large = [UInt8](repeating: 3, count: 0x10000)
    var input: [UInt8] = [0, 0xfc] + small
    input += [0xfd, 0xfd, 0] + medium
    input += [0xfe, 0, 0, 1, 0] + large
    input += [0xff, 1, 0, 0, 0, 0, 0, 0, 0, 9]
    #expect(try records(input, .lengthPrefixed) == [[], small, medium, large, [9]])
  }

  @Test func lengthPrefixedInputThatIsCutOffIsAnError() throws {
    for input: [UInt8] in [[5, 1, 2], [0xfd], [0xfd, 1], [0xfe, 1, 0, 0]] {
      let error = #expect(throws: ToolError.self) { try records(input, .lengthPrefixed) }
      #expect(error?.status == .usage)
    }
  }

  @Test func recordsOverTheLimitAreRefused() throws {
    let inputs: [([UInt8], RecordFraming)] = [
      (Array("12345\n".utf8), .lines), (Array("12345".utf8), .lines), (Array("12345\0".utf8), .nul),
      ([5, 1, 2, 3, 4, 5], .lengthPrefixed), ([0xff] + [UInt8](repeating: 255, count: 8), .lengthPrefixed),
      (Array("12345".utf8), .whole),
    ]
    for (input, framing) in inputs {
      let error = #expect(throws: ToolError.self) { try records(input, framing, limit: 4) }
      #expect(error?.status == .usage)
    }
    #expect(try records(Array("1234\n".utf8), .lines, limit: 4).count == 1)
  }

  @Test func linesAcrossBufferEdges() throws {
    var generator = SeededGenerator(seed: 7)
    let lines = (0..<400).map { _ in
      let count = Int.random(in: 0..<3000, using: &generator)
      return generator.bytes(count).map { $0 == 10 ? 11 : $0 }
    }
    #expect(try records(Array(lines.map { $0 + [10] }.joined()), .lines) == lines)
  }

  @Test func aBatchTakesWhatIsThereAndNoMore() throws {
    var ends: [Int32] = [-1, -1]
    #expect(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let text = Array("a\nb\nc\nd".utf8)
    #expect(write(ends[1], text, text.count) == text.count)
    var reader = RecordReader(descriptor: ends[0], name: "pipe", framing: .lines)
    #expect(try reader.nextBatch(maximum: 2, bytes: 1000) == [[97], [98]])
    #expect(try reader.nextBatch(maximum: 9, bytes: 1000) == [[99]])
  }

  @Test func aMissingFileIsALocalError() {
    let error = #expect(throws: ToolError.self) { _ = try RecordReader(path: "/nonexistent/x", framing: .lines).count }
    #expect(error == ToolError(.localIO, "cannot open /nonexistent/x: no such file or directory"))
  }
}
