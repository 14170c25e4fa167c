import Autobase
import CompactEncoding
import HypercoreCrypto
import Registry
import RegistryNode
import TestSupport

/// Several nodes of one registry, whose logs are carried from one to the other by hand.
final class RegistryCluster {
  private(set) var nodes: [RegistryStore] = []

  /// A registry with this many indexers.
  init(_ count: Int) throws {
    nodes.append(try RegistryStore(seed: 1))
    while nodes.count < count {
      let node = try join()
      try nodes[0].append(.addWriter(WriterKey(node.key)))
      try settle()
    }
  }

  /// Makes a node that is no writer yet.
  func join() throws -> RegistryStore {
    let node = try RegistryStore(seed: UInt8(nodes.count + 1), of: nodes[0])
    nodes.append(node)
    return node
  }

  /// Takes in a node whose store is there already.
  func join(_ store: Store) throws -> RegistryStore {
    let node = try RegistryStore(in: store)
    nodes.append(node)
    return node
  }

  subscript(index: Int) -> RegistryStore { nodes[index] }

  /// Lets those named talk, and acknowledge, until none has anything new; all by default.
  func settle(_ chosen: [Int]? = nil) throws {
    let group = (chosen ?? Array(nodes.indices)).map { nodes[$0] }
    for round in 0..<200 {
      for node in group {
        for other in nodes where other !== node {
          // Whatever a node has of anybody's log, it passes on.
          guard group.contains(where: { $0 === other }) else { continue }
          for writer in try other.node.base.status().writers { try node.receive(writer.key, from: other) }
        }
        try node.node.base.advance()
      }
      // One after the other: those who always answer at the same moment do not agree.
      let turn = (0..<group.count).map { group[($0 + round) % group.count] }
      guard try turn.contains(where: { try $0.node.base.acknowledge() }) else { return }
    }
    throw CommandError("the nodes do not come to rest")
  }
}

extension RegistryStore {
  /// The node's local key.
  var key: Fixed32 { node.localKey ?? Fixed32() }
  /// The node's local key as tools print it.
  var name: String { KeyIdentifier.encode(key) }

  /// Runs `registry-admin` on the store.
  func admin(_ arguments: String...) throws -> Command.Result { try store.run("registry-admin", arguments) }
}
