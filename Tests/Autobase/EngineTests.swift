import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

@Suite struct EngineTests {
  struct Refused: Error {}

  private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// An application that appends every value, and refuses some.
  private final class Echo: Application {
    let viewNames: [String]
    var refuses: (([UInt8]) throws -> Void)?

    init(_ viewNames: [String] = ["view"]) { self.viewNames = viewNames }

    func apply(_ nodes: [AppliedNode], _ host: ApplyHost) throws {
      for node in nodes {
        for name in viewNames { try host.view(name).append([node.value]) }
        try refuses?(node.value)
      }
    }
  }

  private func store() throws -> Corestore { try Corestore.inMemory(primaryKey: Fixed32()) }

  @Test func failingApplyStoresNothing() throws {
    let application = Echo()
    let base = try Autobase(store(), application)
    try base.append(text("a"))
    let before = try base.status()
    application.refuses = { value in if value == self.text("bad") { throw Refused() } }
    #expect(throws: Refused.self) { try base.append([self.text("b"), self.text("bad")]) }
    #expect(throws: Refused.self) { try base.append(self.text("bad")) }
    try base.advance()
    #expect(try base.status() == before)
    try base.append(text("c"))
    let view = try base.view("view")
    #expect(try (0..<view.length).map { try view.block(at: $0) } == [text("a"), text("c")])
    #expect(base.local?.length == 2 && base.length == base.signedLength)
  }

  /// Several instances that were opened on the same empty store follow whoever founds the base.
  @Test func instancesOpenedBeforeTheFirstNode() throws {
    let store = try store()
    let bases = try (0..<3).map { _ in try Autobase(store, Echo()) }
    for (i, base) in (bases + bases).enumerated() {
      try base.append(text("\(i)"))
      #expect(base.local?.length == UInt64(i + 1) && base.length == base.signedLength)
      #expect(try base.status().wait == .nothing)
    }
    let view = try bases[0].view("view")
    try bases[0].advance()
    #expect(try (0..<view.length).map { try view.block(at: $0) } == (0..<6).map { text("\($0)") })
  }

  @Test func interruptStopsAndNothingIsStored() throws {
    let application = Echo()
    let base = try Autobase(store(), application)
    try base.append(text("a"))
    application.refuses = { _ in throw AutobaseError.interrupted("enough") }
    #expect(throws: AutobaseError.interrupted("enough")) { try base.append(self.text("b")) }
    #expect(base.local?.length == 1)
  }

  @Test func rolledBackOuterTransactionIsNoticed() throws {
    let store = try store()
    let base = try Autobase(store, Echo())
    try base.append(text("a"))
    let before = try base.status()
    #expect(throws: Refused.self) {
      try store.write {
        try base.append(self.text("b"))
        throw Refused()
      }
    }
    // Before anything else is done: what is told is what is stored.
    #expect(try base.status() == before)
    try base.advance()
    #expect(try base.status() == before)
    try base.append(text("c"))
    let view = try base.view("view")
    #expect(try view.block(at: 1) == text("c"))
    // The undone block had been signed at the same length.
    for view in [view, base.system.view] {
      let tree = try view.tree(at: view.signedLength)
      let signature = try #require(try view.storage.signature())
      #expect(Verifier(key: view.key, manifest: view.manifest).accepts(tree, signature: signature))
    }
  }

  @Test func manyAppendsInOneTransaction() throws {
    let store = try store()
    let base = try Autobase(store, Echo())
    try store.write { for i in 0..<20 { try base.append(text("\(i)")) } }
    #expect(try base.view("view").length == 20)
    #expect(base.local?.length == 20 && base.signedLength == base.length)
    // Every append is a node and a flush of its own: a header, then a member record and the info for each.
    #expect(base.length == 1 + 2 * 20)
  }

  /// Two instances over one store, as two processes are: each sees what the other has appended.
  @Test func twoInstancesOnOneStore() throws {
    let store = try store()
    let a = try Autobase(store, Echo())
    let b = try Autobase(store, Echo())
    var expected: [[UInt8]] = []
    for i in 0..<12 {
      let value = text("\(i)")
      try (i % 3 == 0 ? b : a).append(value)
      expected.append(value)
      let reader = i % 2 == 0 ? a : b
      try reader.advance()
      let view = try reader.view("view")
      #expect(try (0..<view.length).map { try view.block(at: $0) } == expected)
    }
    #expect(try a.status().views.last?.signedLength == a.length)
  }

  @Test func restartKeepsEverything() throws {
    let store = try store()
    var expected: [[UInt8]] = []
    for i in 0..<10 {
      let base = try Autobase(store, Echo(["one", "two"]))
      let batch = (0...(i % 3)).map { text("\(i).\($0)") }
      try base.append(batch)
      expected += batch
      for name in ["one", "two"] {
        let view = try base.view(name)
        #expect(try (0..<view.length).map { try view.block(at: $0) } == expected)
        #expect(view.signedLength == view.length)
      }
    }
    let reader = try Autobase(store, Echo(["one", "two"]))
    #expect(try reader.view("two").length == UInt64(expected.count))
  }

  /// A view that is opened later starts empty, is written from then on, and keeps its place; one that is no longer
  /// opened keeps its own.
  @Test func viewsComeAndGo() throws {
    let store = try store()
    try Autobase(store, Echo(["one"])).append(text("a"))
    try Autobase(store, Echo(["one", "two"])).append(text("b"))
    let base = try Autobase(store, Echo(["two"]))
    try base.append(text("c"))
    #expect(try base.view("two").length == 2)
    #expect(base.info.views.count == 2 && base.info.views[0].length == 2 && base.info.views[1].length == 2)
  }

  @Test func snapshotsStay() throws {
    let base = try Autobase(store(), Echo())
    try base.append([text("a"), text("b")])
    let snapshot = try base.view("view").snapshot()
    try base.append(text("c"))
    #expect(snapshot.length == 2)
    #expect(try snapshot.block(at: 1) == text("b"))
    #expect(throws: LogError.self) { try snapshot.block(at: 2) }
  }

  @Test func viewsAreReadOnlyOutsideApply() throws {
    let base = try Autobase(store(), Echo())
    #expect(throws: AutobaseError.viewNotWritable("view")) { try base.view("view").append([self.text("x")]) }
    #expect(throws: AutobaseError.unknownView("nothing")) { try base.view("nothing") }
    #expect(throws: AutobaseError.emptyValue) { try base.append([[]]) }
    base.close()
    #expect(throws: AutobaseError.closed) { try base.append(self.text("x")) }
  }

  @Test func encryptedBase() throws {
    let store = try store()
    let key = Fixed32()
    try Autobase(store, Echo(), encryptionKey: key).append(text("secret"))
    let base = try Autobase(store, Echo())
    try base.append(text("another"))
    #expect(base.encryptionKey == key)
    let view = try base.view("view")
    #expect(try view.block(at: 0) == text("secret") && view.block(at: 1) == text("another"))
    for log in [try base.local?.block(at: 0), try view.storage.block(at: 0)] {
      let stored = try #require(log)
      #expect(!stored.split(separator: UInt8(ascii: "s")).contains { $0.starts(with: self.text("ecret")) })
    }
  }

  /// A store where somebody else's log takes part: a reader follows it, and cannot write.
  @Test func readerFollows() throws {
    let writerStore = try store()
    let writer = try Autobase(writerStore, Echo())
    let readerStore = MemoryBaseStorage(local: KeyPair(seed: Fixed32()))
    let log = readerStore.writerLog(writer.key)
    log.manifest = try #require(writer.local?.manifest)
    let reader = try Autobase(readerStore, Echo(), key: writer.key)
    #expect(throws: AutobaseError.notWritable) { try reader.append(self.text("x")) }
    for i in 0..<5 {
      try writer.append([text("\(i)"), text("\(i)'")])
      log.append(
        replicated: try (log.length..<(writer.local?.length ?? 0)).map {
          try writerStore.get(key: writer.key).block(at: $0)
        })
      try reader.advance()
      #expect(reader.length == writer.length && reader.system.view.key == writer.system.view.key)
      #expect(try reader.view("view").tree(at: 2) == writer.view("view").tree(at: 2))
    }
  }

  /// Anchors as the reference makes them, in a plain base and in an encrypted one; both are read back as writers.
  @Test(arguments: [false, true])
  func anchors(isEncrypted: Bool) throws {
    let expected = try Vectors.load("03-behaviour")
    let primaryKey = try #require(Fixed32([UInt8](repeating: 1, count: 32)))
    let encryptionKey = isEncrypted ? Fixed32([UInt8](repeating: 7, count: 32)) : nil
    let store = try Corestore.inMemory(primaryKey: primaryKey)
    let base = try Autobase(store, RecordedApplication(), encryptionKey: encryptionKey)
    try base.append(text("\"v\""))
    try base.append(text("{\"anchor\":true}"))
    let plain = try expected.at("anchorPlain")
    let key = try isEncrypted ? expected.at("anchorEncrypted").fixed32("anchor") : plain.fixed32("key")
    let log = try store.get(key: key)
    #expect(try log.storedBlock(0) == (isEncrypted ? expected.hex("anchorBlock") : plain.hex("block")))
    #expect(base.info.heads.contains(Checkout(key: key, length: 1)))
    #expect(log.manifest?.key == key)
  }

  /// A local log whose nodes reference what is not here: appending is refused, and does not wait for ever.
  @Test func unreadableLocalLog() throws {
    let pair = KeyPair(seed: Fixed32())
    let storage = MemoryBaseStorage(local: pair)
    let stranger = try #require(Fixed32([UInt8](repeating: 9, count: 32)))
    storage.localLog(pair).append(replicated: [
      OplogMessage(heads: [Checkout(key: stranger, length: 4)], value: [1]).encoded()
    ])
    let base = try Autobase(storage, Echo())
    #expect(throws: AutobaseError.self) { try base.append(self.text("x")) }
    try base.advance()
    #expect(base.length == 0)
  }
}
