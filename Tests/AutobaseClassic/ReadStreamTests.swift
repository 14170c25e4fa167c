import AutobaseClassic
import CompactEncoding
import Hypercore
import JSON
import TestSupport
import Testing

/// Acceptance cases 29 to 34.
@Suite struct ReadStreamTests {
  private func scene() throws -> TestBase {
    let scene = TestBase(3)
    try scene.fork(scene.a, 1)
    try scene.merge(scene.b)
    try scene.fork(scene.c, 2)
    try scene.merge(scene.a)
    return scene
  }

  private func values(_ nodes: [InputNode]) -> [String] { nodes.map { TestBase.text($0) } }

  @Test func `Case 29: a stream that is not live has what was there`() throws {
    let scene = try scene()
    var stream = scene.base.readStream()
    try scene.fork(scene.b, 3)
    try scene.base.addInput(TestBase.log(5))
    var nodes: [InputNode] = []
    while let node = try stream.next() { nodes.append(node) }
    #expect(isLegal(nodes))
    #expect(values(nodes).sorted() == ["a0", "a1", "b0", "c0", "c1"])
    #expect(try scene.read().count == 8)
  }

  @Test func `Case 29: a stream that is not live does not read inputs that join, a live one does`() throws {
    let scene = try scene()
    var options = ReadStream.Options()
    for isLive in [false, true] {
      let late = TestBase.log(3)
      try scene.base.append([Array("d0".utf8)], clock: CausalClock(), input: late)
      options.isLive = isLive
      let base = ClassicAutobase(inputs: scene.logs)
      var stream = base.readStream(options)
      var nodes = [try #require(try stream.next())]
      try base.addInput(late)
      while let node = try stream.next() { nodes.append(node) }
      #expect(isLegal(nodes))
      #expect(values(nodes).contains("d0") == isLive)
      #expect(nodes.count == (isLive ? 6 : 5))
      #expect(try stream.step() == (isLive ? .waiting : .finished))
      try base.append(Array("d1".utf8), input: late)
      #expect(try stream.next().map { TestBase.text($0) } == (isLive ? "d1" : nil))
      base.close()
      #expect(try stream.step() == .finished)
    }
  }

  @Test(arguments: [nil, false, true]) func `Case 30: links to unknown inputs can be resolved`(adds: Bool?) async throws
  {
    let scene = TestBase(2)
    try scene.fork(scene.a, 1)
    try scene.merge(scene.b)
    try scene.fork(scene.b, 1)
    let base = ClassicAutobase(inputs: [scene.b])
    var offered: [String] = []
    let hook: ((InputNode) async throws -> Bool)? = adds.map { adds in
      { node in
        offered.append(TestBase.text(node))
        #expect(node.clock[scene.a.key] == 0)
        if adds { try base.addInput(scene.a) }
        return adds
      }
    }
    var nodes: [InputNode] = []
    for try await node in base.readSequence(onResolve: hook) { nodes.append(node) }
    // The second entry of b carries the link as well.
    #expect(offered == (adds == nil ? [] : adds == true ? ["b0"] : ["b0", "b1"]))
    #expect(values(nodes) == (adds == true ? ["a0", "b0", "b1"] : ["b0", "b1"]))
  }

  @Test func `Case 31: a hook after each entry can extend the stream`() async throws {
    let scene = try scene()
    let base = ClassicAutobase(inputs: [scene.a])
    var count = 0
    var nodes: [InputNode] = []
    let sequence = base.readSequence(onWait: { _ in
      count += 1
      if count == 2 { try base.addInput(scene.c) }
    })
    for try await node in sequence { nodes.append(node) }
    #expect(values(nodes) == ["a0", "a1", "c0", "c1"])
    #expect(count == 4)
  }

  @Test func `Case 32: resuming from a checkpoint`() throws {
    let scene = try scene()
    var first = scene.base.readStream()
    while try first.next() != nil {}
    let checkpoint = first.checkpoint
    try scene.fork(scene.b, 2)
    try scene.merge(scene.c)
    var options = ReadStream.Options()
    options.checkpoint = checkpoint
    #expect(values(try scene.read(options)) == ["b1", "b2", "c2"])
    #expect(first.checkpoint == checkpoint)
    options.checkpoint = ReadCheckpoint()
    #expect(try scene.read(options).count == 8)
  }

  @Test func `Case 32: a checkpoint taken anywhere splits a stream in two`() throws {
    let scene = try scene()
    for count in 0...5 {
      var stream = scene.base.readStream()
      var nodes: [InputNode] = []
      for _ in 0..<count { nodes.append(try #require(try stream.next())) }
      var options = ReadStream.Options()
      options.checkpoint = ReadCheckpoint(stream.checkpoint.entries)
      let rest = try scene.read(options)
      #expect(isLegal(nodes + rest))
      #expect((nodes + rest).count == 5)
    }
  }

  @Test func `Case 33: only blocks that are here`() throws {
    let scene = TestBase(1)
    try scene.fork(scene.a, 4)
    let log = SparseLog(scene.a, missing: [3])
    let base = ClassicAutobase(inputs: [log])
    var options = ReadStream.Options()
    options.waits = false
    var stream = base.readStream(options)
    var count = 0
    while try stream.next() != nil { count += 1 }
    #expect(count == 3)
    options.waits = true
    stream = base.readStream(options)
    for _ in 0..<3 { #expect(try stream.next() != nil) }
    #expect(throws: ClassicError.unavailable(key: scene.a.key, seq: 3, length: 4)) { try stream.next() }
    log.missing = []
    #expect(try stream.next().map { TestBase.text($0) } == "a3")
    #expect(try stream.next() == nil)
  }

  @Test func `Case 34: a live tail`() throws {
    let scene = try scene()
    var options = ReadStream.Options()
    options.isLive = true
    options.isTail = true
    var stream = scene.base.readStream(options)
    #expect(try stream.step() == .waiting)
    try scene.merge(scene.b)
    try scene.merge(scene.a)
    try scene.merge(scene.c)
    var nodes: [InputNode] = []
    while let node = try stream.next() { nodes.append(node) }
    #expect(values(nodes) == ["b1", "a2", "c2"])
  }

  @Test func `Reading gives a legal order of every history of the vectors`() throws {
    for scene in try Scene.all() {
      let base = ClassicAutobase(inputs: try scene.write(.alpha9))
      var stream = base.readStream()
      var nodes: [InputNode] = []
      while let node = try stream.next() { nodes.append(node) }
      #expect(isLegal(nodes), "\(scene.name)")
      let expected = try scene.json.list("readStream").map { try #require($0.string) }
      #expect(values(nodes).sorted() == expected.sorted(), "\(scene.name)")
      let byValue = Dictionary(nodes.map { (TestBase.text($0), $0) }, uniquingKeysWith: { a, _ in a })
      #expect(isLegal(expected.compactMap { byValue[$0] }), "\(scene.name)")
    }
  }
}
