import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport
import Testing

@testable import Autobase

@Suite struct MissingBlockTests {
  /// An application that reads the first block of its view for every value: after a fast-forward that block must be
  /// fetched before anything is applied.
  private final class Reader: Application {
    let viewNames = ["view"]
    private(set) var applied = 0

    func apply(_ nodes: [AppliedNode], _ host: ApplyHost) throws {
      for node in nodes {
        let view = try host.view("view")
        if view.length > 0 { _ = try view.block(at: 0) }
        if let key = try JSON(parsing: node.value)["add"]?.key() {
          try host.addWriter(key)
        } else {
          try view.append([node.value])
        }
        applied += 1
      }
    }
  }

  @Test func applyWaitsForABlock() throws {
    let options = Autobase.Options(downloadsViews: false)
    var cluster = StoreCluster()
    for seed in 1...2 {
      let store = try Corestore.inMemory(primaryKey: Fixed32([UInt8](repeating: UInt8(seed), count: 32)))
      cluster.stores.append(store)
      cluster.downloaded.append(0)
      cluster.bases.append(try Autobase(store, Reader(), key: cluster.bases.first?.key, options: options))
    }
    let (writer, reader) = (cluster.bases[0], cluster.bases[1])
    try writer.append(cluster.value("first"))
    for i in 0..<40 { try writer.append(cluster.value("\(i)")) }
    reader.setFastForwardTarget(writer.system.view.key)
    while reader.fastForwardCount == 0 {
      try reader.fastForward(now: 0)
      try cluster.download(1, from: [0])
    }
    let length = reader.length
    #expect(length == writer.length && (reader.application as? Reader)?.applied == 0)
    // Somebody asks for a block that is not here: that keeps nobody waiting, and the block is fetched.
    #expect(throws: LogError.self) { try reader.view("view").block(at: 7) }
    #expect(reader.obstacle == nil)
    func wanted() -> [Range<UInt64>]? {
      for core in reader.wantedCores where core.role == .view("view") {
        if case .head(let blocks) = core.download { return blocks }
      }
      return nil
    }
    #expect(wanted() == [7..<8])
    // A new value: `apply` needs block 0.
    try writer.append(cluster.value("next"))
    let (source, copy) = (try cluster.stores[0].get(key: writer.key), try cluster.stores[1].get(key: writer.key))
    try copy.apply(
      source.proof(for: ProofRequest(upgrade: .init(start: copy.length, length: source.length - copy.length))))
    let index = source.length - 1
    try copy.apply(
      source.proof(for: ProofRequest(block: .init(index: index, nodes: try copy.missingNodes(block: index)))))
    try reader.advance()
    #expect(reader.length == length)
    #expect(reader.missingBlocks.map { $0.view } == ["view"] && reader.missingBlocks.first?.blocks == [0])
    #expect(try reader.status().obstacle == .missingBlocks(view: "view", indexes: [0]))
    #expect(wanted() == [0..<1, 7..<8])
    #expect(try !reader.isBehind())
    try cluster.settle([0, 1])
    #expect(reader.length == writer.length && reader.obstacle == nil)
    #expect(try reader.view("view").length == writer.view("view").length)
    #expect(cluster.downloaded[1] < 40)
  }

  /// An application that would rather not apply what is missing.
  @Test func preferredFastForward() throws {
    var cluster = StoreCluster()
    for seed in 1...2 { try cluster.add(seed: UInt8(seed)) }
    let (writer, reader) = (cluster.bases[0], cluster.bases[1])
    try writer.append(cluster.value("a"))
    try cluster.settle([0, 1])
    for i in 0..<3 { try writer.append(cluster.value("\(i)")) }
    reader.noteRemoteLength(of: reader.system.view.key, writer.length)
    try reader.fastForward(now: 0)
    #expect(!reader.isFastForwarding)
    reader.preferFastForward()
    try reader.fastForward(now: 0)
    #expect(reader.isFastForwarding)
    while reader.fastForwardCount == 0 {
      try cluster.download(1, from: [0])
      try reader.fastForward(now: 0)
    }
    #expect(reader.length == writer.length)
  }
}
