import Autobase
import AutobaseClassic
import CompactEncoding
import JSON
import TestSupport
import Testing

/// Places in the causal order, and why they are what they are.
@Suite struct HistoryTests {
  /// Every node of every recorded history is in its place, and its explanation agrees with the record.
  @Test func `Recorded places are explained`() throws {
    var reasons: [String: Int] = [:]
    for scene in try Scene.all() {
      let base = ClassicAutobase(inputs: try scene.write(.alpha9))
      let history = try CausalHistory(base)
      let recorded = Array(try scene.json.list("causal").reversed())
      #expect(history.count == recorded.count && history.firstIndex == 0, "\(scene.name)")
      for (index, json) in recorded.enumerated() {
        let fields = try #require(json.array)
        let node = history.node(index)
        #expect(history.position(node) == index, "\(scene.name)")
        let entry = history.entry(index)
        #expect(entry.value.map { String(decoding: $0, as: UTF8.self) } == fields[0].string, "\(scene.name) \(index)")
        #expect(entry.batch == (try scene.batch(fields[4])))
        let explanation = try #require(try history.explain(node))
        #expect(explanation.operations == (try fields[2].number()), "\(scene.name) \(index)")
        #expect(explanation.prefix == CausalClock(try scene.clock(fields[3])), "\(scene.name) \(index)")
        check(explanation, "\(scene.name) \(index)")
        reasons["\(explanation.reason)".prefix { $0 != "(" }.description, default: 0] += 1
      }
    }
    #expect(reasons.count == 4, "\(reasons)")
  }

  /// What was taken is the first of the heads, and they are in order.
  private func check(_ item: CausalExplanation, _ name: String) {
    guard let first = item.heads.first else {
      Issue.record("\(name) has no heads")
      return
    }
    if case .batch(let end) = item.reason {
      #expect(first.node == end && end.key == item.node.key, "\(name)")
    } else {
      #expect(first.node == item.node, "\(name)")
    }
    #expect(first.size != nil && item.heads.count == item.prefix.entries.count, "\(name)")
    #expect(item.heads.allSatisfy { ($0.size == nil) != ($0.seenBy == nil) }, "\(name)")
  }

  /// What a node refers to is all that it has seen and nothing else of that has; from it all others are reached.
  @Test func `References are the newest of what was seen`() throws {
    var count = 0
    for scene in try Scene.all() {
      let base = ClassicAutobase(inputs: try scene.write(.alpha8))
      let history = try CausalHistory(base, keptBytes: 0)
      for index in 0..<history.count {
        let node = history.node(index)
        let clock = try base.node(node.key, node.length - 1).clock
        let all = clock.entries.map { Checkout(key: $0.key, length: $0.seq + 1) }
        let references = history.references(index)
        for other in all {
          let isSeen = try all.contains { third in
            try third != other && base.node(third.key, third.length - 1).clock.covers(other.key, other.length - 1)
          }
          #expect(references.contains(other) != isSeen, "\(scene.name): \(node) and \(other)")
          count += 1
        }
        #expect(references.allSatisfy(all.contains))
      }
    }
    #expect(count > 0)
  }

  /// Reading only the newest nodes tells the same of them as reading all.
  @Test func `A part agrees with the whole`() throws {
    for scene in try Scene.all() {
      let base = ClassicAutobase(inputs: try scene.write(.alpha9))
      let whole = try CausalHistory(base)
      for border in [0, whole.count / 2, whole.count - 1] {
        let part = try CausalHistory(base) { _, index in index <= border }
        #expect(part.count == whole.count && part.firstIndex <= border, "\(scene.name)")
        for index in part.firstIndex..<part.count {
          #expect(part.entry(index) == whole.entry(index) && part.references(index) == whole.references(index))
          var explanation = try part.explain(part.node(index))
          let other = try whole.explain(whole.node(index))
          if index == part.firstIndex { explanation?.before = other?.before }
          #expect(explanation == other, "\(scene.name) \(index)")
        }
        if part.firstIndex > 0 { #expect(part.position(whole.node(part.firstIndex - 1)) == nil) }
      }
    }
  }

  @Test func `The shortest branch comes last, ties go by key`() throws {
    let test = TestBase(3)
    try test.fork(test.a, 1)
    try test.fork(test.b, 2)
    try test.fork(test.c, 2)
    let history = try CausalHistory(test.base)
    func explain(_ log: KeyedMemoryLog, _ length: UInt64) throws -> CausalExplanation {
      try #require(try history.explain(Checkout(key: log.key, length: length)))
    }
    let first = try explain(test.a, 1)
    #expect(first.index == 4 && first.reason == .smallest(next: 1) && first.after == nil)
    let second = try explain(test.b, 2)
    #expect(second.index == 3 && second.reason == .smallerKey && second.heads.map(\.size) == [1, 1])
    #expect(try explain(test.c, 1).reason == .onlyCandidate && explain(test.c, 1).before == nil)
    #expect(try history.explain(Checkout(key: test.a.key, length: 2)) == nil)
    #expect(try CausalHistory(ClassicAutobase()).count == 0)
  }
}
