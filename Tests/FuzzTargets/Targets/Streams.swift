import ApplyProgram
import CompactEncoding
import Glibc
import HypercoreCrypto
import JSON
import ToolKit

extension FuzzTarget {
  private static let standardRecords: [String] = [
    #"{"type":"block","core":"KEY","seq":3,"fork":0,"value":"00ff"}"#,
    #"{"type":"node","core":"KEY","seq":3,"fork":1,"index":7,"indexed":true,"heads":[{"core":"KEY","length":2}],"#
      + #""batch":1,"value":"61","optimistic":true,"block":"0102"}"#,
    #"{"type":"node","core":"KEY","seq":0,"fork":0,"heads":[],"batch":1,"value":null,"block":"","clock":[]}"#,
    #"{"type":"append","view":"v","seq":0,"value":""}"#, #"{"type":"truncate","core":"KEY","length":2}"#,
    #"{"type":"view","view":"v","core":"KEY","length":3,"signedLength":2}"#, #"{"type":"end","records":2}"#,
    #"{"type":"core","core":"KEY","name":"n","length":4,"fork":0,"byteLength":9,"manifest":"00","signature":"01"}"#,
    #"{"type":"other","a":[1,2.5,null,{"b":"\u00e9"}]}"#,
  ].map { String(replacing: "KEY", with: KeyIdentifier.encode(Fixed32()), in: $0) }

  /// Records that the tools pipe to each other.
  static let streams = FuzzTarget(
    "streams", "records as lines and as frames, one and many", maximumByteCount: 2048, memoryFactor: 512,
    seeds: {
      var seeds: [[UInt8]] = []
      var lines: [UInt8] = []
      var frames: [UInt8] = []
      for text in standardRecords {
        let line = Array(text.utf8)
        var frame = OutputBuffer()
        StreamFrame.append(try StreamRecord(line: line), to: &frame)
        seeds.append([0] + line)
        seeds.append([1] + frame.bytes)
        if !text.contains("end") {
          lines += line + [10]
          frames += frame.bytes
        }
      }
      let end = Array(#"{"type":"end","records":8}"#.utf8)
      return seeds + [[2] + lines + end + [10], [2] + frames + end, [2] + lines, [2] + frames]
    },
    run: { input in
      guard let mode = input.first else { return .refused }
      let bytes = Array(input.dropFirst())
      switch mode % 3 {
      case 0:
        let fast = bytes.withUnsafeBytes { LineScanner().record($0) }
        let record: StreamRecord
        do throws(StreamError) { record = try StreamRecord(line: bytes) } catch {
          try require(fast == nil, "a line is read that is refused otherwise: \(error)")
          return .refused
        }
        try require(fast == nil || fast == record, "a line is read in two ways")
        try check(record)
        return .accepted
      case 1:
        guard let first = bytes.first, bytes.count >= StreamFrame.headerSize else { return .refused }
        let body = Array(bytes.dropFirst(StreamFrame.headerSize))
        let record: StreamRecord
        do throws(StreamError) { record = try StreamFrame.record(first, body.span.bytes) } catch { return .refused }
        try check(record)
        return .accepted
      default: return try read(bytes)
      }
    })

  /// What must hold of a record: it is the same behind either framing.
  private static func check(_ given: StreamRecord) throws {
    // Numbers are kept as JSON.stringify writes them: 1.0 is 1, and -0 is 0.
    guard let record = try? StreamRecord(line: given.json.utf8()) else {
      throw FuzzViolation("a record is refused as JSON")
    }
    try require(record.json.utf8() == given.json.utf8(), "a record changes as JSON")
    var encoder = LineEncoder()
    var line = OutputBuffer()
    encoder.append(record, to: &line)
    try require(line.bytes == record.json.utf8() + [10], "a line is written in two ways")
    let text = Array(line.bytes.dropLast())
    guard let again = try? StreamRecord(line: text) else { throw FuzzViolation("a line is refused that was written") }
    try require(again == record && again.json.utf8() == text, "a record changes as a line")
    var frame = OutputBuffer()
    StreamFrame.append(record, to: &frame)
    let body = Array(frame.bytes.dropFirst(StreamFrame.headerSize))
    let framed: StreamRecord
    do throws(StreamError) { framed = try StreamFrame.record(frame.bytes[0], body.span.bytes) } catch {
      throw FuzzViolation("a frame is refused that was written: \(error)")
    }
    try require(framed == record, "a record changes as a frame")
  }

  /// Reads a whole stream from a pipe.
  private static func read(_ bytes: [UInt8]) throws -> FuzzOutcome {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw FuzzViolation("there is no pipe") }
    defer { close(ends[0]) }
    // A pipe holds 64 KiB, and no input is longer.
    _ = bytes.withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }
    close(ends[1])
    var reader = StreamReader(descriptor: ends[0], name: "input")
    var count = 0
    do throws(ToolError) {
      while try reader.next() != nil {
        count += 1
        guard count <= bytes.count else { return .refused }
      }
    } catch { return .refused }
    return count > 0 ? .accepted : .refused
  }

  /// Lines from programs that apply nodes, and to them.
  static let apply = FuzzTarget(
    "apply", "lines of programs that apply nodes", maximumByteCount: 2048, memoryFactor: 512,
    seeds: {
      let lines = [
        #"{"type":"hello","version":1,"values":"utf8","blocks":"json","views":["v"],"limit":3}"#,
        #"{"type":"answer","id":1,"results":[{"append":["61",""],"calls":[{"call":"interrupt","reason":"r"}]},{}]}"#,
        #"{"type":"answer","results":[{"append":{"v":["6161"],"w":[]}},{"calls":[{"call":"add-writer","core":"KEY"}]}]}"#,
        #"{"type":"get","view":"v","index":4,"count":2}"#,
        #"{"type":"hello","protocol":"ab-apply","version":1,"mode":"base","views":["v"]}"#,
        #"{"type":"batch","id":1,"resume":true,"views":{"v":{"length":3,"last":{"value":"61"}}},"nodes":[{"core":"KEY","#
          + #""length":1,"value":"61","batch":[0,0],"indexed":true,"heads":[{"core":"KEY","length":1}]}]}"#,
        #"{"type":"block","view":"v","index":3,"blocks":[{"value":"61"},{"hex":"ff"}]}"#,
      ].map { Array(String(replacing: "KEY", with: KeyIdentifier.encode(Fixed32()), in: $0).utf8) }
      var seeds = lines.flatMap { line in (0..<6).map { [UInt8($0)] + InputReader.pieces([line]) } }
      seeds.append([6] + InputReader.pieces([lines[0], lines[1]]))
      seeds.append(
        [6] + InputReader.pieces([Array(#"{"type":"hello","version":1,"views":["v","w"]}"#.utf8), lines[3], lines[2]]))
      return seeds
    },
    run: { input in
      var reader = InputReader(input)
      let mode = Int(reader.byte()) % 7
      if mode == 6 { return try session(&reader) }
      let encoding = ApplyEncoding.allCases[mode % 3]
      let codec = ApplyCodec(values: encoding, blocks: encoding, views: ["v", "w"])
      let line = reader.piece()
      let written: [UInt8]
      let again: [UInt8]
      if mode < 3 {
        guard let reply = try? codec.reply(line) else { return .refused }
        written = codec.line(reply)
        guard let second = try? codec.reply(Array(written.dropLast())) else {
          throw FuzzViolation("a reply is refused that was written")
        }
        again = codec.line(second)
      } else {
        guard let request = try? codec.request(line) else { return .refused }
        written = codec.line(request)
        guard let second = try? codec.request(Array(written.dropLast())) else {
          throw FuzzViolation("a request is refused that was written")
        }
        again = codec.line(second)
      }
      try require(written.last == 10 && !written.dropLast().contains(10), "a message is not one line")
      try require(again == written, "a message changes when it is written and read")
      return .accepted
    })

  private static func session(_ reader: inout InputReader) throws -> FuzzOutcome {
    var session = ApplySession(mode: .base, views: [])
    _ = session.begin()
    let nodes = (1...2).map { ApplyNode(position: .init(core: Fixed32(), length: $0), value: [UInt8($0)]) }
    var answers = 0
    do throws(ApplyProtocolError) {
      while !reader.isAtEnd {
        switch try session.receive(reader.piece()) {
        case .ready:
          _ = session.ask(nodes, views: session.views.map { .init(name: $0, length: 0, last: nil) }, isResuming: true)
        case .answered(let results):
          answers += 1
          guard results.count == nodes.count else { return .refused }
          _ = session.ask(nodes, views: [], isResuming: false)
        case .asksFor(_, _, let count):
          guard count <= ApplyLimits.blockCount else { return .refused }
        }
      }
    } catch { return .refused }
    return answers > 0 ? .accepted : .refused
  }
}

extension String {
  /// A text with each `word` in it replaced.
  init(replacing word: String, with other: String, in text: String) {
    self = text.split(separator: word, omittingEmptySubsequences: false).joined(separator: other)
  }
}
