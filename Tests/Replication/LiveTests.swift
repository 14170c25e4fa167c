import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import TestSupport
import Testing

@testable import Replication

/// Two or more replicators against each other, with delays and orders from a seed.
@Suite struct LiveTests {
  static let seeds: Range<UInt64> = 0..<20

  private func pair(
    _ network: TestNetwork, _ policy: DownloadPolicy, blocks: Int = 0, settings: ReplicationSettings = .init()
  ) throws -> (TestNode, TestNode) {
    let writer = network.add(try TestNode(testKeyPair(7), settings: settings))
    let reader = network.add(try TestNode(nil, key: writer.log.key, settings: settings))
    reader.replicator.downloadPolicy = policy
    writer.replicator.downloadPolicy = .none
    if blocks > 0 { try writer.log.append(testBlocks(0..<blocks)) }
    return (writer, reader)
  }

  @Test(arguments: seeds) func everything(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let (writer, reader) = try pair(network, .everything, blocks: Int.random(in: 0...500, using: &network.random))
    try network.connect(writer, reader)
    try network.run()
    #expect(try reader.equals(writer))
    for _ in 0..<10 {
      let count = Int.random(in: 1...20, using: &network.random)
      try writer.append(testBlocks(0..<count, "more"))
      if Bool.random(using: &network.random) { try network.run() }
    }
    try network.run()
    #expect(try reader.equals(writer))
    #expect(reader.replicator.status.waits.isEmpty, "\(reader.replicator.status.waits)")
  }

  @Test(arguments: seeds) func sparse(seed: UInt64) throws {
    let network = TestNetwork(seed: seed)
    let (writer, reader) = try pair(network, .none, blocks: 300)
    try network.connect(writer, reader)
    var wanted: Set<UInt64> = []
    var arrived: Set<UInt64> = []
    for _ in 0..<50 {
      let index = UInt64.random(in: 0..<300, using: &network.random)
      wanted.insert(index)
      reader.replicator.get(index) { result in if case .success = result { arrived.insert(index) } }
      if Int.random(in: 0..<4, using: &network.random) == 0 { try network.run() }
    }
    try network.run()
    #expect(arrived == wanted)
    for index in UInt64(0)..<300 { #expect(try reader.log.has(index) == wanted.contains(index)) }
    for index in wanted { #expect(try reader.log.get(index) == writer.log.get(index)) }
  }
}
