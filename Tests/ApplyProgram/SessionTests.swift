import CompactEncoding
import Testing

@testable import ApplyProgram

@Suite struct SessionTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private func node(_ length: UInt64 = 1) -> ApplyNode {
    ApplyNode(position: ApplyPosition(core: Fixed32(), length: length), value: [1])
  }

  private func greeted(
    _ hello: String = #"{"type":"hello","version":1}"#, mode: ApplyMode = .base
  ) throws -> ApplySession {
    var session = ApplySession(mode: mode, views: [])
    _ = session.begin()
    #expect(try session.receive(bytes(hello)) == .ready)
    return session
  }

  private func asked(_ count: Int = 1) throws -> ApplySession {
    var session = try greeted()
    _ = session.ask((1...count).map { node(UInt64($0)) }, views: [], isResuming: true)
    return session
  }

  private func error(_ session: ApplySession, _ line: String) -> ApplyProtocolError? {
    var session = session
    do throws(ApplyProtocolError) {
      _ = try session.receive(bytes(line))
      return nil
    } catch {
      return error
    }
  }

  @Test func aRunTakesItsCourse() throws {
    var session = try greeted(#"{"type":"hello","version":1,"values":"utf8","views":["a","b"],"limit":2,"more":1}"#)
    #expect(session.views == ["a", "b"] && session.nodeLimit == 2 && session.wait == nil)
    _ = session.ask([node(1), node(2)], views: [], isResuming: true)
    #expect(session.wait == "its answer to batch 1")
    #expect(
      try session.receive(bytes(#"{"type":"get","view":"b","index":3,"count":99999}"#))
        == .asksFor(view: "b", index: 3, count: ApplyLimits.blockCount))
    #expect(try session.receive(bytes(#"{"type":"get","index":3}"#)) == .asksFor(view: "a", index: 3, count: 1))
    let answer = #"{"type":"answer","results":[{"append":["x"]},{"append":{"b":["y","z"],"a":[]},"calls":[]}]}"#
    #expect(
      try session.receive(bytes(answer))
        == .answered([
          ApplyResult(appends: [.init(view: "a", blocks: [bytes("x")])]),
          ApplyResult(appends: [.init(view: "b", blocks: [bytes("y"), bytes("z")])]),
        ]))
    _ = session.ask([node(3)], views: [], isResuming: false)
    #expect(try session.receive(bytes(#"{"type":"answer","id":2,"results":[{}]}"#)) == .answered([ApplyResult()]))
  }

  @Test func whatMustNotComeIsNamed() throws {
    let hello = #"{"type":"hello","version":1}"#
    let answer = #"{"type":"answer","results":[{}]}"#
    var fresh = ApplySession(mode: .base, views: ["a"])
    _ = fresh.begin()
    #expect(error(fresh, answer) == .type(found: "answer", expected: "a hello"))
    #expect(error(fresh, #"{"type":"hello","version":2}"#) == .version(2))
    #expect(
      error(fresh, #"{"type":"hello","version":1,"views":["b"]}"#) == .otherViews(program: ["b"], commandLine: ["a"]))
    for views in [#"[]"#, #"["a","a"]"#, #"["_system"]"#, #"[1]"#, #"[""]"#] {
      var open = ApplySession(mode: .base, views: [])
      _ = open.begin()
      guard case .member("views", _)? = error(open, #"{"type":"hello","version":1,"views":\#(views)}"#) else {
        Issue.record("views \(views) are taken")
        continue
      }
    }
    #expect(error(try greeted(), answer) == .unasked)
    #expect(error(try greeted(), "{}") == .unasked)
    let session = try asked(2)
    #expect(error(session, hello) == .type(found: "hello", expected: "an answer"))
    #expect(error(session, answer) == .resultCount(1, expected: 2))
    #expect(error(session, #"{"type":"answer","id":2,"results":[{},{}]}"#) == .wrongBatch(2, expected: 1))
    #expect(error(session, #"{"type":"get","view":"c","index":0}"#) == .unknownView("c"))
    #expect(error(session, #"{"type":"answer","results":[{"append":{"c":[]}},{}]}"#) == .unknownView("c"))
    #expect(error(session, #"{"type":"shout"}"#) == .type(found: "shout", expected: "a hello, an answer or a get"))
    #expect(error(session, #"{}"#) == .type(found: nil, expected: "a hello, an answer or a get"))
    for line in ["", "[]", "x", "{"] {
      guard case .notAnObject? = error(session, line) else {
        Issue.record("\(line) is taken")
        continue
      }
    }
    for (line, member) in [
      (#"{"type":"answer"}"#, "results"), (#"{"type":"answer","results":[1,2]}"#, "results"),
      (#"{"type":"answer","results":[{"append":["zz"]},{}]}"#, "append"),
      (#"{"type":"answer","results":[{"append":7},{}]}"#, "append"),
      (#"{"type":"answer","results":[{"append":{"view":7}},{}]}"#, "append"),
      (#"{"type":"answer","results":[{"calls":[{"call":"fly"}]},{}]}"#, "call"),
      (#"{"type":"answer","results":[{"calls":[{"call":"add-writer"}]},{}]}"#, "core"),
      (#"{"type":"answer","results":[{"calls":{}},{}]}"#, "calls"), (#"{"type":"get"}"#, "index"),
      (#"{"type":"get","index":-1}"#, "index"), (#"{"type":"get","index":0,"count":"all"}"#, "count"),
    ] {
      guard case .member(member, _)? = error(session, line) else {
        Issue.record("\(line): \(String(describing: error(session, line)))")
        continue
      }
    }
    var classic = try greeted(mode: .classic)
    _ = classic.ask([node()], views: [], isResuming: true)
    #expect(
      error(classic, #"{"type":"answer","results":[{"calls":[{"call":"prefer-fast-forward"}]}]}"#) == .callInClassicView
    )
  }
}
