import Autobase
import CompactEncoding
import Hypercore
import Registry
import RegistryNode

/// Whether all nodes that can be trusted have come to the same end.
struct Agreement {
  let world: World

  init(_ world: World) { self.world = world }

  private func bases() -> [(node: SimulatedNode, process: NodeProcess)] {
    world.trusted.compactMap { node in node.process.map { (node, $0) } }
  }

  /// Whether everybody runs, everything is indexed and signed, and all views have the same content.
  func isReached() throws -> Bool {
    let bases = bases()
    guard bases.count == world.trusted.count, let first = bases.first else { return false }
    let heads = Set(first.process.node.base.info.heads)
    for (_, process) in bases {
      let status = try process.node.base.status()
      guard Set(status.info.heads) == heads, isFinal(status) else { return false }
    }
    let expected = try contents(first.process)
    return try bases.allSatisfy { try contents($0.process) == expected }
  }

  /// Whether the content of all views is indexed and signed. Behind it the system may go on with nodes without values.
  private func isFinal(_ status: AutobaseStatus) -> Bool {
    status.views.dropLast().allSatisfy { $0.length == $0.indexedLength && $0.length == $0.signedLength }
      && status.info.pendingIndexers.isEmpty
  }

  /// Key, length and tree hash of each view.
  private func contents(_ process: NodeProcess) throws -> [String] {
    try process.node.base.status().views.map { view in
      let hash = view.length == 0 ? "" : try process.treeHash(of: view.key, at: view.length)?.description ?? "unknown"
      return "\(view.name) \(view.key) \(view.length) \(view.signedLength) \(hash)"
    }
  }

  /// Throws unless every acknowledged entry that must be in the database is there.
  func checkEntries(_ load: Load) throws {
    for (node, process) in bases() {
      let members = try reading(node) { try process.node.base.members() }
      let writers = Set(members.filter { !$0.member.isRemoved }.map(\.key))
      let trusted = Set(world.trusted.map(\.index))
      for (name, index, log) in load.acknowledged
      where trusted.contains(index) && writers.contains(log) && !world.members.removed.contains(log) {
        guard try reading(node, { try process.node.view.get(name) }) != nil else {
          throw Violation("\(node.name) lacks \(name), which n\(index) has acknowledged")
        }
      }
    }
  }

  /// What a node reads. One that went on from a state of others fetches what is missing for it.
  private func reading<R>(_ node: SimulatedNode, _ body: () throws -> R) throws -> R {
    var missing: LogError?
    for _ in 0..<100 {
      do { return try body() } catch let error as LogError { missing = error }
      node.post("reads") { $0.driver.committed(at: $0.now) }
      try world.scheduler.run(until: world.scheduler.now + 1_000_000)
    }
    throw Violation("\(node.name) cannot read: \(missing.map { "\($0)" } ?? "")")
  }

  /// Where everybody stands, for a report about a failure.
  func standing() throws -> String {
    try world.nodes.map { node in
      guard let process = node.process else { return "  \(node.name): \(node.isLost ? "lost" : "down")" }
      let status = try process.node.base.status()
      let views = status.views.map { "\($0.name) \($0.length)/\($0.indexedLength)/\($0.signedLength)" }
      let writers = status.writers.map {
        "\($0.key.short)\($0.isActiveIndexer ? "*" : "") \($0.length)/\($0.orderedLength)/\($0.indexedLength)"
          + ($0.isFrozen ? " frozen" : "") + ($0.missing.map { " misses \($0.key.short):\($0.length)" } ?? "")
      }
      return """
          \(node.name) \(node.localKey?.short ?? "") \(process.connections.map(\.remote.name).joined(separator: ","))
            views \(views.joined(separator: ", "))
            writers \(writers.joined(separator: ", "))
            waits for \(try process.driver.status().waits.map { "\($0.subject) \($0.key?.short ?? ""): \($0.text)" }.joined(separator: "; "))
        """
    }
    .joined(separator: "\n")
  }
}
