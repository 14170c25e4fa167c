import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import TestSupport
import Testing

@testable import Replication

/// What is rarer than blocks and heads.
@Suite struct FeatureTests {
  private func connect(_ writer: TestNode, _ reader: TestNode) throws -> TestNetwork {
    let network = TestNetwork(seed: 11)
    network.add(writer)
    network.add(reader)
    reader.replicator.downloadPolicy = .everything
    writer.replicator.downloadPolicy = .none
    try network.connect(writer, reader)
    try network.run()
    return network
  }

  /// Logs whose key is a public key have no manifest to send.
  @Test func compatLogs() throws {
    let pair = testKeyPair(9)
    let writer = try TestNode(pair, key: pair.publicKey)
    #expect(writer.log.isCompat)
    try writer.append(testBlocks(0..<20))
    let reader = try TestNode(nil, key: pair.publicKey)
    let network = try connect(writer, reader)
    #expect(try reader.equals(writer))
    try writer.truncate(to: 3)
    try writer.append(testBlocks(0..<2, "new"))
    try network.run()
    #expect(try reader.equals(writer))
  }

  /// Logs that their manifest fixes entirely, and logs that go on from there.
  @Test(arguments: [true, false]) func prologues(isStatic: Bool) throws {
    let blocks = testBlocks(0..<6)
    var batch = MerkleBatch(MerkleTree())
    batch.append(contentsOf: blocks)
    let pair = testKeyPair(9)
    let signers = isStatic ? [] : [Manifest.Signer(publicKey: pair.publicKey)]
    let manifest = Manifest(
      version: 1, allowPatch: false, quorum: UInt64(signers.count), signers: signers,
      prologue: .init(hash: batch.tree.hash, length: 6), linked: nil, userData: nil)
    let store = try Corestore.inMemory()
    let log = try store.get(key: manifest.key, manifest: manifest, keyPair: isStatic ? nil : pair)
    try log.append(trusted: blocks, signature: nil)
    if !isStatic { try log.append(testBlocks(0..<5, "more")) }
    let writer = try TestNode(isStatic ? nil : pair, key: manifest.key, store: store)
    let reader = try TestNode(nil, key: manifest.key)
    let network = try connect(writer, reader)
    #expect(try reader.equals(writer))
    guard !isStatic else { return }
    try writer.append(testBlocks(0..<5, "even more"))
    try network.run()
    #expect(try reader.equals(writer))
  }

  @Test func pushes() throws {
    var settings = ReplicationSettings()
    settings.allowsPush = true
    let writer = try TestNode(testKeyPair(7))
    let reader = try TestNode(nil, key: writer.log.key, settings: settings)
    let network = try connect(writer, reader)
    reader.replicator.downloadPolicy = .none
    try writer.append(testBlocks(0..<10))
    try network.run()
    #expect(reader.log.length == 0)
    for index: UInt64 in [9, 3, 3, 100] { try writer.replicator.push(index) }
    try network.run()
    #expect(reader.log.length == 10)
    for index: UInt64 in 0..<10 { #expect(try reader.log.has(index) == [3, 9].contains(index)) }
    // Nobody gets what he does not take.
    let other = try TestNode(nil, key: writer.log.key)
    network.add(other)
    other.replicator.downloadPolicy = .none
    try network.connect(writer, other)
    try network.run()
    try writer.replicator.push(5)
    try network.run()
    #expect(other.log.length == 0)
    #expect(try reader.log.has(5))
  }

  /// A channel that neither side wants is closed by either.
  @Test func idleChannels() throws {
    let writer = try TestNode(testKeyPair(7))
    writer.replicator.isDownloading = false
    try writer.append(testBlocks(0..<3))
    let reader = try TestNode(nil, key: writer.log.key)
    let network = try connect(writer, reader)
    #expect(try reader.equals(writer))
    #expect(reader.replicator.peers.count == 1)
    reader.replicator.isDownloading = false
    try network.run()
    #expect(reader.replicator.peers.isEmpty)
    #expect(writer.replicator.peers.isEmpty)
    // What is asked for is wanted.
    try writer.append(testBlocks(0..<1))
    try network.connect(writer, reader)
    var isThere = false
    reader.replicator.get(3) { if case .success = $0 { isThere = true } }
    try network.run()
    #expect(isThere)
  }

  @Test func extensions() throws {
    let writer = try TestNode(testKeyPair(7))
    let reader = try TestNode(nil, key: writer.log.key)
    let network = try connect(writer, reader)
    var received: [String] = []
    reader.replicator.registerExtension("a") { received.append("a \($1)") }
    reader.replicator.registerExtension("b") { received.append("b \($1)") }
    for (name, value) in [("a", 1), ("a", 2), ("c", 3), ("b", 4), ("b", 5), ("a", 6)] as [(String, UInt8)] {
      writer.replicator.sendExtension(name, [value])
    }
    try network.run()
    #expect(received == ["a [1]", "a [2]", "b [4]", "b [5]", "a [6]"])
    reader.replicator.registerExtension("a", handler: nil)
    writer.replicator.sendExtension("a", [7], to: writer.replicator.peers.first)
    try network.run()
    #expect(received.count == 5)
  }

  private final class FullDisk: MemoryStorageDisk {
    var isFull = false
    var attempts = 0
    func willCommit(_ commit: MemoryStorage.Commit) throws {
      attempts += 1
      if isFull { throw SessionError.corrupt("the disk is full") }
    }
    var isDurable: Bool { true }
    func makeDurable() throws {}
  }

  /// A store that fails is tried again after a while, and the log says that it waits for that.
  @Test func fullDisks() throws {
    let writer = try TestNode(testKeyPair(7))
    try writer.append(testBlocks(0..<200))
    let reader = try TestNode(nil, key: writer.log.key)
    let disk = FullDisk()
    try #require(reader.store.context.storage as? MemoryStorage).disk = disk
    disk.isFull = true
    let network = try connect(writer, reader)
    try network.run(milliseconds: 10_000)
    #expect(disk.attempts > 5 && disk.attempts < 30, "\(disk.attempts) attempts")
    #expect(reader.log.length == 0)
    #expect(reader.replicator.status.waits.contains { if case .store = $0 { true } else { false } })
    #expect(reader.replicator.status.peers.allSatisfy { $0.pause == nil })
    disk.isFull = false
    try network.run(milliseconds: 5_000)
    #expect(try reader.equals(writer))
    #expect(reader.replicator.status.waits.isEmpty)
  }

  /// Commits of another process are seen, whatever they did.
  @Test func noticesOfOthers() throws {
    let directory = TemporaryDirectory()
    let pair = testKeyPair(7)
    let first = try TestNode(pair, store: Corestore(directory: directory.path))
    try first.append(testBlocks(0..<5))
    // Another process, as it were.
    let second = try TestNode(pair, store: Corestore(directory: directory.path))
    let reader = try TestNode(nil, key: first.log.key)
    let network = try connect(first, reader)
    try second.log.append(testBlocks(5..<9))
    first.replicator.logChanged()
    try network.run()
    #expect(try reader.equals(second))
    try second.log.truncate(to: 7)
    try second.log.append(testBlocks(0..<9, "other"))
    first.replicator.logChanged()
    try network.run()
    #expect(try reader.equals(second))
    try second.log.clear(3..<5)
    first.replicator.logChanged()
    let late = try TestNode(nil, key: first.log.key)
    network.add(late)
    late.replicator.downloadPolicy = .everything
    try network.connect(first, late)
    try network.run()
    for index in 0..<late.log.length { #expect(try late.log.has(index) == !(3..<5).contains(index)) }
  }
}
