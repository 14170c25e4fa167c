import CompactEncoding
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

@Suite struct ReplayTests {
  static let reader = KeyPair(seed: Fixed32())

  /// A fresh engine that is fed all oplogs comes to the recorded system view, views, keys and lengths.
  @Test func vectors() throws {
    let cases = try Vectors.load("03-replay").list("cases")
    for item in cases { try replay(item, seed: nil) }
    #expect(cases.count > 0)
  }

  private func replay(_ item: JSON, seed: UInt64?) throws {
    let name = try item.text("name")
    let storage = MemoryBaseStorage(local: Self.reader)
    for writer in try item.list("writers") {
      let log = storage.writerLog(try writer.fixed32("localKey"))
      log.manifest = Manifest(publicKey: try writer.fixed32("publicKey"))
      log.append(replicated: try writer.list("oplog").map { try $0.hex() })
    }
    let base = try Autobase(storage, RecordedApplication(), key: try item.fixed32("baseKey"))
    try base.advance()
    let expected = try item.at("expected")
    #expect(try base.system.view.key == expected.fixed32("systemKey"), "\(name): system key")
    #expect(try base.indexedLength == expected.number("indexedLength"), "\(name): indexed length")
    #expect(try base.signedLength == expected.number("signedLength"), "\(name): signed length")
    #expect(try json(base.info) == expected.at("system"), "\(name): info")
    #expect(try hex(base.system.view.storedBlocks()) == expected.list("systemBlocks"), "\(name): system blocks")
    let view = try base.view("view")
    #expect(try hex(view.storedBlocks()) == expected.list("viewBlocks"), "\(name): view blocks")
    let trees = try expected.at("treeHash")
    #expect(try base.system.view.tree(at: base.length).hash == trees.fixed32("system"), "\(name): system tree")
    #expect(try view.tree(at: view.length).hash == trees.fixed32("view"), "\(name): view tree")
    for listed in try expected.list("views") {
      let found = try #require(
        ([view, base.encryption, base.system.view]).first { try $0.name == listed.text("name") })
      #expect(try found.key == listed.fixed32("key"), "\(name): key of \(found.name)")
      #expect(try found.length == listed.number("length"), "\(name): length of \(found.name)")
      #expect(try found.signedLength == listed.number("signedLength"), "\(name): signed length of \(found.name)")
    }
  }

  /// Oplogs with damaged bytes: the engine refuses, waits, or comes to some other state, but it neither crashes nor
  /// signs what a quorum has not signed.
  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func mangledOplogs(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let cases = try Self.replays.get()
    let item = cases[Int(seed) % cases.count]
    let storage = MemoryBaseStorage(local: Self.reader)
    for writer in try item.list("writers") {
      var blocks = try writer.list("oplog").map { try $0.hex() }
      for _ in 0..<(blocks.isEmpty ? 0 : 2) {
        let i = Int.random(in: blocks.indices, using: &generator)
        let byte = Int.random(in: blocks[i].indices, using: &generator)
        blocks[i][byte] = generator.bytes(1)[0]
      }
      let log = storage.writerLog(try writer.fixed32("localKey"))
      log.manifest = Manifest(publicKey: try writer.fixed32("publicKey"))
      log.append(replicated: blocks)
    }
    let base = try Autobase(storage, RecordedApplication(), key: try item.fixed32("baseKey"))
    do { try base.advance() } catch is AutobaseError {} catch is JSONError {} catch is VectorError {}
    for view in [try base.view("view"), base.system.view] where view.signedLength > view.manifest.prologue?.length ?? 0
    {
      let signature = try view.storage.signature()
      let tree = try view.tree(at: view.signedLength)
      #expect(try Verifier(manifest: view.manifest).verify(tree, signature: signature), "seed \(seed)")
    }
    _ = try? base.status()
  }

  private static let replays = Result { try Vectors.load("03-replay").list("cases") }
}
