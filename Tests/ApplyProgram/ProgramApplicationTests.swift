import Autobase
import CompactEncoding
import Hypercore
import HypercoreCrypto
import TestSupport
import Testing

@testable import ApplyProgram

/// What stands for a program: it knows the views only by what it is told, and checks that this is enough.
private final class KnowingAnswerer: ApplyAnswering {
  let views = ["chain", "odd"]
  private var known: [[[UInt8]]] = []
  private(set) var resumeCount = 0
  private(set) var callCount = 0

  func answer(_ nodes: [ApplyNode], views: [ApplyView], isResuming: Bool) throws -> [ApplyResult] {
    callCount += 1
    let told = try views.map { view in try (0..<view.length).map { try view.block(at: $0) } }
    if isResuming {
      resumeCount += 1
      known = told
    }
    #expect(known == told)
    var results: [ApplyResult] = []
    for node in nodes {
      let result = Rule.apply(node.value, last: known[0].last)
      for append in result.appends {
        let index = append.view == "chain" ? 0 : 1
        known[index] += append.blocks
        views[index].append(append.blocks)
      }
      results.append(result)
      if node.batchRest == 0, result.calls.contains(where: { $0.changesMembers }) { break }
    }
    return results
  }
}

/// Every block of `chain` depends on all values before it, and `odd` has the values that begin with an odd byte.
private enum Rule {
  static let add: UInt8 = 0xad
  static let remove: UInt8 = 0xde

  static func apply(_ value: [UInt8], last: [UInt8]?) -> ApplyResult {
    var result = ApplyResult()
    let block = Blake2b.hash([last ?? [], value]).bytes
    result.appends.append(.init(view: "chain", blocks: [block]))
    if value[0] % 2 == 1 { result.appends.append(.init(view: "odd", blocks: [value, value])) }
    if value.count == 33, let key = Fixed32(Array(value[1...])) {
      if value[0] == add { result.calls.append(.addWriter(key, isIndexer: true)) }
      if value[0] == remove { result.calls.append(.removeWriter(key)) }
    }
    return result
  }

  static func plain() -> ClosureApplication {
    ClosureApplication(views: ["chain", "odd"]) { nodes, host in
      for node in nodes {
        let chain = try host.view("chain")
        let last = chain.length == 0 ? nil : try chain.block(at: chain.length - 1)
        let result = apply(node.value, last: last)
        for append in result.appends { try host.view(append.view).append(append.blocks) }
        for call in result.calls {
          if case .addWriter(let key, let isIndexer) = call { try host.addWriter(key, isIndexer: isIndexer) }
          if case .removeWriter(let key) = call, host.isRemovable(key) { try host.removeWriter(key) }
        }
      }
    }
  }
}

/// A member of a base in memory, with what stands for its program.
private final class Member {
  let pair: KeyPair
  let storage: MemoryBaseStorage
  let answerer = KnowingAnswerer()
  let application: ProgramApplication
  let base: Autobase

  init(_ number: Int, base key: Fixed32?) throws {
    pair = KeyPair(seed: Blake2b.hash([UInt8(number)]))
    storage = MemoryBaseStorage(local: pair)
    application = ProgramApplication(answerer)
    base = try Autobase(storage, application, key: key, options: Autobase.Options(isStepwise: true))
  }

  var key: Fixed32 { Manifest(publicKey: pair.publicKey).key }

  func advance() throws {
    repeat { try application.perform(base) { try base.advance() } } while base.isHalfway
  }

  func append(_ values: [[UInt8]]) throws {
    try application.perform(base) { _ = try base.append(values) }
    try advance()
  }

  func acknowledge() throws {
    if base.needsAck() { try application.perform(base) { _ = try base.acknowledge() } }
    try advance()
  }

  /// Takes up to `count` blocks of each log that `other` has.
  func receive(from other: Member, keys: [Fixed32], count: Int) {
    for key in keys where key != self.key {
      let theirs = other.storage.writerLog(key)
      let mine = storage.writerLog(key)
      mine.manifest = theirs.manifest ?? mine.manifest
      mine.append(replicated: Array(theirs.blocks.dropFirst(mine.blocks.count).prefix(count)))
    }
  }

  func blocks(_ name: String) throws -> [[UInt8]] {
    let view = try base.view(name)
    return try (0..<view.length).map { try view.block(at: $0) }
  }
}

@Suite struct ProgramApplicationTests {
  /// Members that write, meet and part at random, each with a program of its own: all come to the same views, which are
  /// those of a node that applies everything by itself, and every program knows the views at any time.
  @Test(arguments: 1...6 as ClosedRange<UInt64>) func viewsAreThoseOfAnApplicationOfTheProcess(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let first = try Member(0, base: nil)
    try first.application.perform(first.base) { _ = try first.base.appendAck() }
    try first.advance()
    var members = [first]
    for number in 1...2 {
      let member = try Member(number, base: first.base.key)
      members.append(member)
      try first.append([[Rule.add] + member.key.bytes])
    }
    let keys = members.map(\.key)
    for _ in 0..<60 {
      let member = members.randomElement(using: &random)!
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<4:
        let count = Int.random(in: 1...3, using: &random)
        guard member.base.isWritable else { continue }
        try member.append((0..<count).map { _ in [UInt8.random(in: 0...255, using: &random), UInt8(count)] })
      case 4..<8:
        let other = members.randomElement(using: &random)!
        member.receive(from: other, keys: keys, count: Int.random(in: 1...4, using: &random))
        try member.advance()
      default: try member.acknowledge()
      }
    }
    for _ in 0..<12 {
      for member in members {
        for other in members { member.receive(from: other, keys: keys, count: .max) }
        try member.advance()
        try member.acknowledge()
      }
    }
    let storage = MemoryBaseStorage(local: KeyPair(seed: Blake2b.hash([99])))
    for key in keys {
      let log = storage.writerLog(key)
      log.manifest = first.storage.writerLog(key).manifest
      log.append(replicated: first.storage.writerLog(key).blocks)
    }
    let plain = try Autobase(storage, Rule.plain(), key: first.base.key)
    try plain.advance()
    for name in ["chain", "odd"] {
      let view = try plain.view(name)
      let expected = try (0..<view.length).map { try view.block(at: $0) }
      #expect(!expected.isEmpty)
      for member in members { #expect(try member.blocks(name) == expected, "seed \(seed)") }
    }
    #expect(members.contains { $0.answerer.resumeCount > 1 })
  }

  /// A program is asked about many nodes at once, and once for each.
  @Test func manyNodesAreOneQuestion() throws {
    let writer = try Member(0, base: nil)
    for count in 1...300 as ClosedRange<UInt64> { try writer.append([[UInt8(count % 251), 1]]) }
    let reader = try Member(1, base: writer.base.key)
    // The first node makes its writer an indexer, and what follows is ordered anew.
    reader.receive(from: writer, keys: [writer.key], count: 1)
    try reader.advance()
    reader.receive(from: writer, keys: [writer.key], count: .max)
    try reader.advance()
    #expect(try reader.blocks("chain") == writer.blocks("chain"))
    #expect(reader.application.askedNodeCount == 300)
    #expect(reader.answerer.callCount == 2 && reader.answerer.resumeCount == 1)
    #expect(writer.answerer.resumeCount == 1)
  }
}
