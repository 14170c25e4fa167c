import CompactEncoding
import HypercoreCrypto
import Registry
import RegistryNode
import TestSupport

/// What the callers of the nodes do: they put entries, at any node.
final class Load {
  private unowned let world: World
  private var generator: SeededGenerator
  private var endTime: UInt64 = 0
  private var count = 0
  /// Entries that a node said were stored, and waited for its disk before: the name, and who said it of which log.
  private(set) var acknowledged: [(name: String, node: Int, log: Fixed32)] = []
  /// Calls that were refused.
  private(set) var refusedCount = 0
  /// Microseconds between two calls on average.
  var interval: UInt64 = 1_000_000

  init(_ world: World, _ generator: SeededGenerator) {
    self.world = world
    self.generator = generator
  }

  func begin(until end: UInt64) {
    endTime = end
    next()
  }

  func end() { endTime = world.scheduler.now }

  private func next() {
    // Now and then many at once, and then nothing for a while.
    let pause = UInt64.random(in: 0..<2 * interval, using: &generator)
    world.scheduler.after(pause) { [self] in
      guard world.scheduler.now < endTime else { return }
      let running = world.running.filter { !$0.isRewound }
      if let node = running.randomElement(using: &generator) {
        for _ in 0..<(UInt64.random(in: 0..<10, using: &generator) == 0 ? 5 : 1) { put(at: node) }
      }
      next()
    }
  }

  private func put(at node: SimulatedNode) {
    count += 1
    let name = "e\(count)"
    let entry = Entry(name: name, driveKey: Blake2b.hash(Array(name.utf8)), type: "model", description: nil)
    call(.putEntry, entry.encoded(), name, at: node) { [self] in
      if let log = node.localKey, node.disk.syncsCommits { acknowledged.append((name, node.index, log)) }
    }
  }

  /// Has something written at a node, whatever else is going on.
  func write(at node: SimulatedNode) { put(at: node) }

  /// Makes a key a writer and indexer.
  func addWriter(_ key: Fixed32, at node: SimulatedNode) {
    call(.addWriter, WriterKey(key).encoded(), "add \(key.short)", at: node) {}
  }

  /// Ends the membership of a key.
  func removeWriter(_ key: Fixed32, at node: SimulatedNode, done: @escaping () -> Void = {}) {
    call(.removeWriter, WriterKey(key).encoded(), "remove \(key.short)", at: node, done: done)
  }

  private func call(
    _ method: RegistryMethod, _ value: [UInt8], _ what: String, at node: SimulatedNode, done: @escaping () -> Void
  ) {
    node.post("is asked for \(what)") { process in
      process.call(method, value) { [self] length in
        guard let length else {
          refusedCount += 1
          return world.note("\(node.name) refuses \(what)")
        }
        world.note("\(node.name) acknowledges \(what) at \(length)")
        world.checker.acknowledged(length, by: node)
        done()
      }
    }
  }
}

extension Fixed32 {
  /// The start of a key, for a trace.
  var short: String { String(description.prefix(8)) }
}
