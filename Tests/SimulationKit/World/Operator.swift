import Autobase
import CompactEncoding
import RegistryNode
import TestSupport

/// Who looks after the members: has writers added and removed, asking again until it is so.
final class Operator {
  private unowned let world: World
  private var generator: SeededGenerator
  /// Keys that must become indexers, and keys that must cease to be writers, in the order in which they were decided.
  private var wishes: [(key: Fixed32, isMember: Bool)] = []
  /// Writers that were ever removed: what they write before they hear of it may be in vain.
  private(set) var removed: Set<Fixed32> = []

  init(_ world: World, _ generator: SeededGenerator) {
    self.world = world
    self.generator = generator
  }

  /// Whether nothing is to be done.
  var isIdle: Bool { wishes.isEmpty }

  func add(_ key: Fixed32) throws { try wish(key, isMember: true) }

  func remove(_ key: Fixed32) throws {
    removed.insert(key)
    try wish(key, isMember: false)
  }

  private func wish(_ key: Fixed32, isMember: Bool) throws {
    wishes.removeAll { $0.key == key }
    wishes.append((key, isMember))
    if wishes.count == 1 { try look() }
  }

  /// The indexers, once all nodes that can be trusted run and are of one mind: nobody's change is applied and not final.
  func settledIndexers() throws -> Set<Fixed32>? {
    var settled: Set<Fixed32>?
    for node in world.trusted {
      guard let base = node.process?.node.base else { return nil }
      let indexers = Set(try base.status().indexers)
      guard base.info.pendingIndexers.isEmpty, Set(base.info.indexers.map(\.key)) == indexers else { return nil }
      guard settled == nil || settled == indexers else { return nil }
      settled = indexers
    }
    return settled
  }

  /// Carries out the oldest wish, then the next one: one change of the set at a time.
  private func look() throws {
    guard let wish = wishes.first else { return }
    let trusted = world.trusted.filter { $0.isRunning && $0.process?.node.base.isWritable == true }
    if let node = trusted.randomElement(using: &generator), let base = node.process?.node.base {
      let isIndexer = base.info.indexers.contains { $0.key == wish.key }
      if let settled = try settledIndexers(), settled.contains(wish.key) == wish.isMember {
        world.note("\(wish.key.short) \(isIndexer ? "is an indexer" : "is no indexer")")
        wishes.removeFirst()
      } else if wish.isMember {
        if !base.info.pendingIndexers.contains(wish.key) { world.load.addWriter(wish.key, at: node) }
      } else {
        world.load.removeWriter(wish.key, at: node)
      }
    }
    let pause = UInt64.random(in: 5_000_000..<15_000_000, using: &generator)
    world.scheduler.after(pause) { [self] in try look() }
  }
}
