import CompactEncoding
import HypercoreCrypto
import Testing

@testable import Autobase

@Suite struct StepwiseTests {
  private func application() -> ClosureApplication {
    ClosureApplication(views: ["view"]) { nodes, host in try host.view("view").append(nodes.map(\.value)) }
  }

  private func values(_ count: Int) -> [[UInt8]] { (0..<count).map { [UInt8($0), 1] } }

  @Test func valuesAreOneBatchOrNodesOfTheirOwn() throws {
    for isAtomic in [true, false] {
      let storage = MemoryBaseStorage(local: KeyPair(seed: Blake2b.hash([1])))
      let base = try Autobase(storage, application())
      try base.append(values(3), isAtomic: isAtomic)
      try base.append(values(2), isAtomic: isAtomic)
      let messages = try storage.writerLog(base.key).blocks.map { try OplogMessage(decoding: $0) }
      #expect(messages.map(\.batch) == (isAtomic ? [3, 2, 1, 2, 1] : [1, 1, 1, 1, 1]))
      for (length, message) in messages.enumerated().dropFirst() {
        #expect(message.heads.allSatisfy { $0.key == base.key && $0.length == UInt64(length) })
      }
      #expect(try base.view("view").length == 5)
    }
  }

  /// Round by round, everything is applied as in one go, and what is done already is stored.
  @Test func roundsAreSteps() throws {
    let writer = try Autobase(MemoryBaseStorage(local: KeyPair(seed: Blake2b.hash([1]))), application())
    for _ in 0..<4 { try writer.append(values(25), isAtomic: false) }
    let blocks = try #require(writer.storage as? MemoryBaseStorage).writerLog(writer.key).blocks
    for isStepwise in [true, false] {
      let storage = MemoryBaseStorage(local: KeyPair(seed: Blake2b.hash([2])))
      let log = storage.writerLog(writer.key)
      log.manifest = writer.local?.manifest
      log.append(replicated: blocks)
      let options = Autobase.Options(nodesPerRound: 10, isStepwise: isStepwise)
      let base = try Autobase(storage, application(), key: writer.key, options: options)
      var steps = 0
      repeat {
        try base.advance()
        steps += 1
      } while base.isHalfway
      #expect(isStepwise ? steps > 5 : steps == 1)
      #expect(try base.view("view").treeHash == writer.view("view").treeHash)
    }
  }
}
