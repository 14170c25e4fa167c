import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

/// The outcomes of the scripted checks of the reference, with the same scripts.
@Suite struct BehaviourTests {
  private static let file = Result { try Vectors.load("03-behaviour") }

  /// Which check tests which member of the file.
  private static let checks: [(names: [String], run: @Sendable (BehaviourTests, JSON) throws -> Void)] = [
    (["about"], { _ = try $1.text("about") }),
    (
      ["appendReturns", "parallel", "nulls", "oplog", "applyCalls", "viewAppend", "batchAppend", "oplogAfterBatch"],
      { try $0.appending($1) }
    ), (["removeLast", "removeLastAppend", "closedAfterApplyError"], { try $0.removalOfTheLast($1) }),
    (["restart"], { try $0.restart($1.at("restart")) }),
    (["optimisticMember", "optimisticOplog", "membersCount", "notWritable"], { try $0.optimistic($1) }),
    (["anchorEncrypted", "anchorBlock", "anchorManifest", "anchorHeads", "anchorLocal"], { try $0.anchor($1) }),
    (["anchorPlain", "anchorPlainSystem"], { try $0.plainAnchor($1) }),
    (["encryptTrueKey", "encryptSeed"], { try $0.encryptionKey($1) }),
    (["interrupt", "interruptAppend", "interruptState"], { try $0.interrupt($1) }),
    (["fastForwardThreshold"], { try $0.threshold($1.at("fastForwardThreshold")) }),
    (["linkedKeyAfterForkAndAdd"], { try $0.linkedKey($1.at("linkedKeyAfterForkAndAdd")) }),
  ]

  @Test(arguments: checks.indices) func vectors(_ check: Int) throws {
    try Self.checks[check].run(self, Self.file.get())
  }

  @Test func allMembersAreChecked() throws {
    let members = try #require(try Self.file.get().object).map { $0.0 }
    #expect(Set(members) == Set(Self.checks.flatMap { $0.names }) && !members.isEmpty)
  }

  // MARK: Appending

  /// An application that notes its calls, and appends every value.
  private final class Recorder: Application {
    let viewNames = ["view"]
    var calls: [JSON] = []
    var isOptimistic = false
    var body: ((AppliedNode, ApplyHost) throws -> Void)?

    func apply(_ nodes: [AppliedNode], _ host: ApplyHost) throws {
      calls.append(
        .array(
          try nodes.map { [try JSON(parsing: $0.value), .bool($0.isIndexed), number($0.length)] }))
      for node in nodes {
        try body?(node, host)
        try host.view("view").append([node.value])
      }
    }
  }

  private func store(_ seed: UInt8 = 1) throws -> Corestore {
    try Corestore.inMemory(primaryKey: Fixed32([UInt8](repeating: seed, count: 32)))
  }

  private func value(_ text: String) -> [UInt8] { Array(JSON.string(text).text().utf8) }

  /// The messages of a log from a length on, as the file lists them.
  private func oplog(_ base: Autobase, from start: UInt64 = 0) throws -> JSON {
    let log = try #require(base.local)
    return .array(
      try (start..<log.length).map { index in
        let message = try OplogMessage(decoding: log.block(at: index))
        return [
          message.value.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null, number(message.batch),
          .bool(message.optimistic ?? false),
        ]
      })
  }

  private func appending(_ file: JSON) throws {
    let recorder = Recorder()
    let base = try Autobase(store(), recorder)
    #expect(
      try [base.append(value("x")), base.append([value("y"), value("z")])].map { number($0) } as [JSON]
        == file.list("appendReturns"))
    let parallel = try [
      base.enqueue(value("p")), base.enqueue(value("q")), base.enqueueAck(), base.enqueue(value("r")),
    ]
    #expect(try parallel.map { number($0) } == file.list("parallel"))
    try base.advance()
    let nulls = try [base.enqueueAck(), base.enqueueAck(), base.enqueue(value("s"))]
    #expect(try nulls.map { number($0) } == file.list("nulls"))
    try base.advance()
    #expect(try oplog(base) == file.at("oplog"))
    let length = try #require(base.local).length
    let batch = try [base.enqueue(value("b1")), base.enqueue(value("b2"))]
    try base.advance()
    #expect(try batch.map { number($0) } == file.list("batchAppend"))
    #expect(try oplog(base, from: length) == file.at("oplogAfterBatch"))
    #expect(try recorder.calls == file.list("applyCalls"))
    // The reference names its error for any log that cannot be written.
    #expect(try file.text("viewAppend").hasPrefix("SESSION_NOT_WRITABLE"))
    #expect(throws: AutobaseError.viewNotWritable("view")) { try base.view("view").append([self.value("no")]) }
  }

  // MARK: Errors

  private func removalOfTheLast(_ file: JSON) throws {
    let recorder = Recorder()
    recorder.body = { node, host in
      if node.value == Array("\"remove\"".utf8) { try host.removeWriter(node.from) }
    }
    // As the reference does it, and as this engine does it unless told otherwise.
    for closes in try [file.flag("closedAfterApplyError"), false] {
      let base = try Autobase(store(), recorder, options: Autobase.Options(closesOnError: closes))
      try base.append(value("first"))
      do {
        try base.append(value("remove"))
        Issue.record("the last indexer was removed")
      } catch let error as AutobaseError { #expect(try "\(error)" == file.text("removeLast")) }
      #expect(base.isClosed == closes)
      #expect(base.local?.length == 1)
      do {
        try base.append(value("later"))
        #expect(!closes)
      } catch let error as AutobaseError {
        #expect(closes)
        #expect(try "\(error)" == file.text("removeLastAppend"))
      }
    }
  }

  private func interrupt(_ file: JSON) throws {
    let reason = try file.text("interrupt")
    let recorder = Recorder()
    recorder.body = { node, host in
      if node.value == Array("\"unknown\"".utf8) { try host.interrupt(reason) }
    }
    let store = try store()
    let base = try Autobase(store, recorder)
    try base.append(value("first"))
    #expect(throws: AutobaseError.interrupted(reason)) { try base.append(self.value("unknown")) }
    let state = try file.at("interruptState")
    #expect(try base.isClosed == state.flag("closed"))
    #expect(try base.interruption == state.text("interrupted"))
    #expect(try base.view("view").length == state.number("view"))
    #expect(try base.local?.length == state.number("local"))
    // The reference refuses what comes then as if it were closing; here the reason is told.
    #expect(try file.text("interruptAppend") == "\(AutobaseError.closed)")
    #expect(throws: AutobaseError.interrupted(reason)) { try base.append(self.value("later")) }
    #expect(throws: AutobaseError.interrupted(reason)) {
      try base.enqueueAck()
      try base.advance()
    }
    #expect(try base.status().obstacle == .interrupted(reason))
    // An application that copes goes on.
    recorder.body = nil
    let again = try Autobase(store, recorder)
    try again.append(value("unknown"))
    #expect(try again.view("view").length == 2)
  }

  // MARK: Strangers

  private func optimistic(_ file: JSON) throws {
    let options = Autobase.Options(isOptimistic: true)
    let text = try file.list("optimisticOplog")[0].array?[0].string ?? ""
    let storages = try (1...2).map { seed in
      let primaryKey = try #require(Fixed32([UInt8](repeating: UInt8(seed), count: 32)))
      return MemoryBaseStorage(
        local: StoreDerivation.keyPair(
          primaryKey: primaryKey, namespace: StoreDerivation.rootNamespace, name: Array("local".utf8)))
    }
    let a = try Autobase(storages[0], RecordedApplication(), options: options)
    try a.append(value("hello"))
    let b = try Autobase(storages[1], RecordedApplication(), key: a.key, options: options)
    func copy(_ source: Int, _ writer: Fixed32, to target: Int) {
      let (log, copy) = (storages[source].writerLog(writer), storages[target].writerLog(writer))
      copy.manifest = log.manifest
      copy.append(replicated: Array(log.blocks[Int(copy.length)...]))
    }
    copy(0, a.key, to: 1)
    try b.advance()
    do {
      try b.append(value("no"))
      Issue.record("a stranger wrote")
    } catch let error as AutobaseError { #expect(try "\(error)" == file.text("notWritable")) }
    try b.enqueue(Array(text.utf8), isOptimistic: true)
    try b.advance()
    #expect(try oplog(b) == file.at("optimisticOplog"))
    let stranger = try #require(b.local).key
    copy(1, stranger, to: 0)
    try a.hint([Autobase.Hint(key: stranger, length: 1)])
    try a.advance()
    try a.acknowledge()
    for base in [a, b] {
      let member = try #require(try base.system.get(stranger))
      let found: JSON = [
        "isIndexer": .bool(member.isIndexer), "isRemoved": .bool(member.isRemoved), "length": number(member.length),
      ]
      #expect(try found == file.at("optimisticMember"))
      #expect(try base.info.members == file.number("membersCount"))
    }
  }

  // MARK: Anchors

  private func anchored(_ encryptionKey: Fixed32?) throws -> (store: Corestore, base: Autobase, anchor: JSON) {
    let store = try store()
    let base = try Autobase(store, RecordedApplication(), encryptionKey: encryptionKey)
    try base.append(value("v"))
    try base.append(Array("{\"anchor\":true}".utf8))
    let view = try base.view("view")
    return (store, base, try JSON(parsing: view.block(at: view.length - 1)))
  }

  private func json(_ manifest: Manifest) -> JSON {
    [
      "version": number(manifest.version), "hash": "blake2b", "allowPatch": .bool(manifest.allowPatch),
      "quorum": number(manifest.quorum), "signers": .array(manifest.signers.map { text($0.publicKey) }),
      "prologue": manifest.prologue.map { ["hash": text($0.hash), "length": number($0.length)] } ?? .null,
      "linked": manifest.linked.map { .array($0.map { text($0) }) } ?? .null,
      "userData": manifest.userData.map { text($0) } ?? .null,
    ]
  }

  private func anchor(_ file: JSON) throws {
    let (store, base, anchor) = try anchored(Fixed32([UInt8](repeating: 7, count: 32)))
    #expect(try anchor == file.at("anchorEncrypted"))
    let log = try store.get(key: try anchor.fixed32("anchor"))
    #expect(try log.storedBlock(0) == file.hex("anchorBlock"))
    #expect(try json(try #require(log.manifest)) == file.at("anchorManifest"))
    #expect(
      .array(base.info.heads.map { ["key": text($0.key), "length": number($0.length)] }) == (try file.at("anchorHeads"))
    )
    #expect(try base.local?.key == file.fixed32("anchorLocal"))
  }

  private func plainAnchor(_ file: JSON) throws {
    let (store, base, anchor) = try anchored(nil)
    let plain = try file.at("anchorPlain")
    #expect(try anchor.at("anchor") == plain.at("key"))
    let log = try store.get(key: try anchor.fixed32("anchor"))
    #expect(try log.storedBlock(0) == plain.hex("block"))
    #expect(try json(try #require(log.manifest)) == plain.at("manifest"))
    #expect(
      .array(base.info.heads.map { ["key": text($0.key), "length": number($0.length)] })
        == (try file.at("anchorPlainSystem")))
  }

  // MARK: Keys

  private func encryptionKey(_ file: JSON) throws {
    let store = try store()
    let base = try Autobase(store, RecordedApplication(), isEncrypted: true)
    #expect(try base.encryptionKey == file.fixed32("encryptTrueKey"))
    let pair = try store.keyPair(named: "autobase/encryption")
    #expect(try Array(pair.secretKey[..<32]) == file.hex("encryptSeed"))
    // It is remembered.
    #expect(try Autobase(store, RecordedApplication()).encryptionKey == base.encryptionKey)
  }

  private func linkedKey(_ file: JSON) throws {
    let links = try #require(file.object).filter { $0.0.hasSuffix(" links") }
    #expect(!links.isEmpty)
    for (version, link) in links {
      let linksOld = link == "old"
      #expect(linksOld || link == "new", "\(version)")
      var cluster = StoreCluster()
      cluster.options.linksOldEncryption = linksOld
      for seed in 1...2 { try cluster.add(seed: UInt8(seed)) }
      let (a, b) = (cluster.bases[0], cluster.bases[1])
      try a.append(cluster.value("one"))
      try a.append(cluster.addition(of: 1, isIndexer: false))
      try cluster.settle([0, 1])
      try b.appendAck()
      let fork: JSON = [
        "fork": [
          "indexers": [text(try #require(b.local).key)],
          "system": ["key": text(b.system.view.key), "length": number(b.indexedLength)],
        ]
      ]
      try b.append(Array(fork.text().utf8))
      #expect((b.application as? RecordedApplication)?.forked.first == true)
      let old = b.encryption.key
      #expect(try old == file.fixed32("oldEncryptionKey"))
      try b.append(cluster.value("after"))
      try b.append(cluster.addition(of: 0))
      try cluster.settle([1, 0])
      let new = b.encryption.key
      #expect(try new == file.fixed32("newEncryptionKey"))
      #expect(b.system.view.manifest.linked == [linksOld ? old : new], "\(version)")
      // Whichever it is, the base is found again.
      let again = try Autobase(cluster.stores[1], RecordedApplication(), options: cluster.options)
      try again.append(cluster.value("again"))
      #expect(again.encryption.key == new && again.system.view.key == b.system.view.key)
    }
  }

  // MARK: Restart

  /// A restart with an unsigned tip applies nothing again.
  private func restart(_ file: JSON) throws {
    var cluster = StoreCluster()
    for seed in 1...2 { try cluster.add(seed: UInt8(seed)) }
    let (a, b) = (cluster.bases[0], cluster.bases[1])
    try a.append(cluster.value("one"))
    try a.append(cluster.addition(of: 1))
    for writer in [b, a, b] {
      try cluster.turn(writer === a ? 0 : 1, from: [writer === a ? 1 : 0], acknowledges: false)
      try writer.appendAck()
    }
    try cluster.turn(0, from: [1], acknowledges: false)
    for _ in 0..<2 { try a.append(cluster.value("x")) }
    func state(_ base: Autobase) throws -> JSON {
      [
        "length": number(base.length), "indexed": number(base.indexedLength), "signed": number(base.signedLength),
        "view": number(try base.view("view").length), "hash": text(try base.system.view.tree(at: base.length).hash),
      ]
    }
    #expect(try state(a) == file.at("before"))
    let again = try Autobase(cluster.stores[0], RecordedApplication())
    let ready = try state(again)
    for (name, value) in try file.members("atReady") { #expect(ready[name] == value, "\(name)") }
    try again.advance()
    #expect(try state(again) == file.at("after"))
    let applied = try #require(again.application as? RecordedApplication).applied
    #expect(try number(UInt64(applied)) == file.at("applied"))
    #expect(try (again.key == a.key) == file.flag("sameKey"))
    #expect(try again.isIndexer == file.flag("isIndexer"))
  }

  private func threshold(_ file: JSON) throws { try FastForwardTests.threshold(file) }
}
