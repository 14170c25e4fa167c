import CompactEncoding
import Corestore
import Hyperbee
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

@Suite struct RunTests {
  static let files = ["03-runs-7.28.1", "03-runs-7.18.1"]

  /// Every run with one writer, written again: the same oplog, views, keys, signatures and local records, and the same
  /// lengths and keys after every step; then again with a restart after every append.
  @Test(arguments: files, Kind.allCases)
  func singleWriter(file: String, kind: Kind) throws {
    var count = 0
    for scenario in try Vectors.load(file).list("scenarios") where try scenario.list("localKeys").count == 1 {
      try write(scenario, kind)
      count += 1
    }
    #expect(count > 0)
  }

  /// Where the base rests, and whether it is opened anew after every append.
  enum Kind: CaseIterable {
    case memory
    case memoryRestarting
    case store
    case storeRestarting
    case storeReloading
  }

  private func write(_ scenario: JSON, _ kind: Kind) throws {
    let name = try scenario.text("name")
    let primaryKey = try #require(try Fixed32(scenario.list("primaryKeys")[0].hex()))
    let keyPair = StoreDerivation.keyPair(
      primaryKey: primaryKey, namespace: StoreDerivation.rootNamespace, name: Array("local".utf8))
    let isInMemory = kind == .memory || kind == .memoryRestarting
    let storage: any BaseStorage =
      isInMemory
      ? MemoryBaseStorage(local: keyPair) : CorestoreStorage(try Corestore.inMemory(primaryKey: primaryKey))
    let key = scenario["encryptionKey"]?.string.flatMap { Hex.decode($0) }.flatMap { Fixed32($0) }
    var base = try Autobase(storage, RecordedApplication(), encryptionKey: key)
    #expect(try base.key == scenario.fixed32("baseKey"))
    let final = try scenario.list("final")[0]
    let recorded = try final.at("oplog").list("blocks").map { try $0.hex() }
    var manifests = Set<Fixed32>()
    for step in try scenario.list("steps") {
      let state = try step.list("bases")[0]
      while let local = base.local, try local.length < state.number("localLength") {
        try appendBatch(recorded, to: base)
        switch kind {
        case .memory, .store: break
        case .memoryRestarting, .storeRestarting: base = try Autobase(storage, RecordedApplication())
        case .storeReloading: try base.reload()
        }
      }
      try expect(base, state, "\(name), \(step.text("label"))", &manifests)
    }
    try expect(base, final, recorded, name)
    for (key, _) in try scenario.members("manifests") {
      #expect(try manifests.contains(JSON.string(key).key()), "\(name): core \(key) never came up")
    }
  }

  /// Appends the recorded values of the batch that comes next.
  private func appendBatch(_ recorded: [[UInt8]], to base: Autobase) throws {
    var values: [[UInt8]] = []
    var index = Int(try #require(base.local).length)
    while true {
      let message = try OplogMessage(decoding: recorded[index])
      guard let value = message.value else {
        try base.appendAck()
        return
      }
      values.append(value)
      index += 1
      if message.batch == 1 { break }
    }
    try base.append(values)
  }

  private func expect(_ base: Autobase, _ state: JSON, _ name: String, _ manifests: inout Set<Fixed32>) throws {
    #expect(try base.isIndexer == state.flag("isIndexer"), "\(name)")
    #expect(try base.local?.length == state.number("localLength"), "\(name)")
    #expect(try base.length == state.number("length"), "\(name)")
    #expect(try base.indexedLength == state.number("indexedLength"), "\(name)")
    #expect(try base.signedLength == state.number("signedLength"), "\(name)")
    #expect(try UInt64(base.linearizer.consensus.indexers.count) == state.number("indexers"), "\(name)")
    for (view, value) in try state.members("views") {
      let found = try #require(allViews(base).first { $0.name == view })
      manifests.insert(found.key)
      #expect(found.manifest.key == found.key)
      #expect(value == [text(found.key), number(found.length), number(found.signedLength)], "\(name): \(view)")
    }
  }

  private func allViews(_ base: Autobase) -> [View] { base.userViews + [base.system.view, base.encryption] }

  private func expect(_ base: Autobase, _ final: JSON, _ recorded: [[UInt8]], _ name: String) throws {
    let local = try #require(base.local)
    #expect(local.length == UInt64(recorded.count), "\(name)")
    for (i, expected) in recorded.enumerated() {
      let block = try local.block(at: UInt64(i))
      // What was read while a node was applied depends on a cache of the reference: a hint that nobody relies on.
      var message = try OplogMessage(decoding: expected)
      message.trace = nil
      #expect(block == message.encoded(), "\(name): oplog block \(i)")
    }
    #expect(try json(base.info) == final.at("system"), "\(name)")
    let view = try base.view("view")
    #expect(try hex(base.system.view.storedBlocks()) == final.at("batch").list("system"), "\(name)")
    #expect(try hex(view.storedBlocks()) == final.at("batch").list("view"), "\(name)")
    for (part, view) in [("signedSystem", base.system.view), ("signedView", view)] {
      let signed = try final.at(part)
      let storage = view.storage
      #expect(try storage.key == signed.fixed32("key"), "\(name)")
      #expect(try storage.signedLength == signed.number("length"), "\(name)")
      #expect(try view.tree(at: storage.signedLength).hash == signed.fixed32("treeHash"), "\(name)")
      #expect(try storage.signature() == signed.hex("signature"), "\(name): signature of \(view.name)")
    }
    #expect(try local.userData(UserDataKey.boot) == final.hex("boot"), "\(name)")
    #expect(
      try local.userData(UserDataKey.wakeup) == (final.at("wakeup").isNull ? nil : final.hex("wakeup")), "\(name)")
    #expect(try local.userData(UserDataKey.referrer) == final.hex("referrer"), "\(name)")
    let records = try local.records()
    #expect(
      try records.map { [text($0.key), text($0.value)] as JSON }
        == final.list("localUpdates").map { try [$0.at("key"), $0.at("value")] as JSON }, "\(name)")
    let members = try base.system.allMembers().map { entry -> JSON in
      [
        "key": text(entry.key), "isIndexer": .bool(entry.member.isIndexer), "isRemoved": .bool(entry.member.isRemoved),
        "length": number(entry.member.length),
      ]
    }
    #expect(try Set(members) == Set(final.list("members")), "\(name)")
    for entry in try final.list("systemEntries") {
      let found = try base.system.bee.get(sequence: entry.number("seq"))
      #expect(try found.key == entry.hex("key") && found.value == entry.hex("value"), "\(name)")
    }
  }
}

// MARK: Runs with several writers

extension RunTests {
  /// Every run with several writers, as each of its peers saw it at the end: fed what the peer had read, a fresh engine
  /// comes to the same system view, views, keys and signed lengths.
  @Test(arguments: files)
  func severalWriters(file: String) throws {
    var count = 0
    for scenario in try Vectors.load(file).list("scenarios") where try scenario.list("localKeys").count > 1 {
      for final in try scenario.list("final") { try replay(scenario, as: final) }
      count += 1
    }
    #expect(count > 0)
  }

  private func replay(_ scenario: JSON, as final: JSON) throws {
    let name = try scenario.text("name") + ", " + final.text("name")
    let storage = MemoryBaseStorage(local: KeyPair(seed: Fixed32()))
    for member in try final.list("members") {
      for writer in try scenario.list("final") where try writer.at("localKey") == member.at("key") {
        let log = storage.writerLog(try writer.fixed32("localKey"))
        log.manifest = Manifest(publicKey: try writer.at("oplog").fixed32("publicKey"))
        let blocks = try writer.at("oplog").list("blocks").map { try $0.hex() }
        log.append(replicated: Array(blocks[..<Int(try member.number("length"))]))
      }
    }
    let options = Autobase.Options(isOptimistic: scenario["options"]?["optimistic"]?.bool ?? false)
    let key = scenario["encryptionKey"]?.string.flatMap { Hex.decode($0) }.flatMap { Fixed32($0) }
    let base = try Autobase(
      storage, RecordedApplication(), key: try scenario.fixed32("baseKey"), encryptionKey: key, options: options)
    try base.advance()
    #expect(try base.system.view.key == final.fixed32("systemKey"), "\(name)")
    #expect(try json(base.info) == final.at("system"), "\(name)")
    #expect(try base.length == final.number("length"), "\(name)")
    #expect(try base.indexedLength == final.number("indexedLength"), "\(name)")
    #expect(try base.signedLength == final.number("signedLength"), "\(name)")
    #expect(try hex(base.system.view.storedBlocks()) == final.at("batch").list("system"), "\(name)")
    #expect(try hex(base.view("view").storedBlocks()) == final.at("batch").list("view"), "\(name)")
    #expect(try hex(base.encryption.storedBlocks()) == final.list("encryptionBlocks"), "\(name)")
    for listed in try final.list("views") {
      let found = try #require(allViews(base).first { try $0.name == listed.text("name") })
      #expect(try found.key == listed.fixed32("key"), "\(name): key of \(found.name)")
      #expect(try found.length == listed.number("length"), "\(name): length of \(found.name)")
      #expect(try found.signedLength == listed.number("signedLength"), "\(name): signed length of \(found.name)")
    }
  }
}
