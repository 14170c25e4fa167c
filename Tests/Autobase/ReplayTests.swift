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
}
