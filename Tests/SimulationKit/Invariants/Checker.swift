import Autobase
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import RegistryNode

/// Watches all nodes of a world, and throws a ``Violation`` as soon as an invariant does not hold.
///
/// * A log never gets shorter without a higher fork, except by a power cut.
/// * Two heads of one length and fork of one log have the same root hash, wherever and whenever they are seen, unless a
///   writer forged a second history.
/// * What is indexed at some length is the same everywhere and for ever, in every view.
/// * What was acknowledged is still there after a crash.
/// * Nothing of a log leaves the machine that signs it before it is durable there.
final class Checker {
  private unowned let world: World
  /// The root hash of every head that was seen.
  private var heads: [HeadID: (root: Fixed32, node: String)] = [:]
  /// The tree hash of every indexed length of each view that was seen.
  private var indexed: [IndexedID: (root: Fixed32, node: String)] = [:]
  private var seen: [Int: NodeView] = [:]
  /// Logs of which two histories were seen.
  private var forks: Set<Fixed32> = []
  /// Logs of writers that were put back to an old image and wrote on.
  private var forgedLogs: Set<Fixed32> = []

  private struct HeadID: Hashable {
    let key: Fixed32
    let fork: UInt64
    let length: UInt64
  }

  private struct IndexedID: Hashable {
    let view: String
    let length: UInt64
  }

  /// What is known of one node.
  private struct NodeView {
    var version: UInt64 = .max
    var lengths: [CoreID: (fork: UInt64, length: UInt64)] = [:]
    var indexedLength: UInt64 = 0
    /// Length of the node's own log that it has acknowledged.
    var acknowledgedLength: UInt64 = 0
  }

  init(_ world: World) { self.world = world }

  // MARK: Life

  func started(_ node: SimulatedNode) throws {
    var view = seen[node.index] ?? NodeView()
    view.version = .max
    // What is indexed is computed, and may lie in a commit that a power cut took back.
    view.indexedLength = 0
    view.lengths.removeAll()
    seen[node.index] = view
    guard let process = node.process else { return }
    let length = process.node.base.local?.length ?? 0
    guard length >= view.acknowledgedLength || node.isRewound else {
      throw Violation("\(node.name) acknowledged \(view.acknowledgedLength) blocks and has \(length) after its start")
    }
  }

  func stopped(_ node: SimulatedNode) { seen[node.index]?.lengths.removeAll() }

  /// The node has told a caller that what it wrote is stored.
  func acknowledged(_ length: UInt64, by node: SimulatedNode) {
    let known = seen[node.index]?.acknowledgedLength ?? 0
    // Without waiting for the disk an acknowledgement outlives the process, not the power.
    guard node.disk.syncsCommits else { return }
    seen[node.index, default: NodeView()].acknowledgedLength = max(known, length)
  }

  /// The node's disk was replaced by an older image of it.
  func rewound(_ node: SimulatedNode, _ log: Fixed32) {
    seen[node.index] = NodeView()
    forgedLogs.insert(log)
  }

  // MARK: Steps

  /// Frames are about to leave a machine.
  func sending(_ frames: [[UInt8]], _ node: SimulatedNode) throws {
    // The signature over the newest head goes with every step to it.
    guard !node.disk.isDurable, let head = node.localHead, head.length > node.durableLength,
      let signature = head.signature
    else { return }
    for frame in frames where contains(frame, signature) {
      throw Violation("\(node.name) sends the signature of its log at length \(head.length) before that is durable")
    }
  }

  private func contains(_ frame: [UInt8], _ needle: [UInt8]) -> Bool {
    guard let first = needle.first, frame.count >= needle.count else { return false }
    for start in 0...(frame.count - needle.count) where frame[start] == first {
      if frame[start..<(start + needle.count)].elementsEqual(needle) { return true }
    }
    return false
  }

  /// A forged log was noticed by somebody who can be trusted, unless none of them could: who went on from a state of
  /// others has the head of a history without the blocks below, and nothing to compare.
  func checkForgedLogs() throws {
    for key in forgedLogs.sorted(by: <) where forks.contains(key) {
      let logs = try world.trusted.compactMap { node -> Hypercore? in
        guard let store = node.process?.store, try store.has(key: key) else { return nil }
        return try store.get(key: key, isReadOnly: true)
      }
      guard logs.contains(where: { $0.length > 0 && $0.contiguousLength == $0.length }) else { continue }
      if !logs.contains(where: \.isFrozen) { throw Violation("nobody noticed that the log \(key) has two histories") }
    }
  }

  /// A node has done a step. What a power cut may take back is looked at once it cannot any more: nobody else knows
  /// of it.
  func stepped(_ node: SimulatedNode) throws {
    guard node.disk.isDurable else { return }
    guard let process = node.process, seen[node.index]?.version != node.disk.storage.version else { return }
    seen[node.index]?.version = node.disk.storage.version
    for record in node.disk.storage.cores() { try check(record, node) }
    try checkIndexed(process.node.base, node)
  }

  private func check(_ record: CoreRecord, _ node: SimulatedNode) throws {
    guard let head = node.disk.storage.area(record.area)?.head else { return }
    let before = seen[node.index]?.lengths[record.id]
    if let before, before == (head.fork, head.length) { return }
    if let before, head.fork < before.fork || head.fork == before.fork && head.length < before.length {
      throw Violation(
        "\(node.name): log \(record.key) went from length \(before.length), fork \(before.fork) to \(head.length), fork \(head.fork)"
      )
    }
    seen[node.index]?.lengths[record.id] = (head.fork, head.length)
    guard head.length > 0, head.signature != nil else { return }
    let id = HeadID(key: record.key, fork: head.fork, length: head.length)
    if let known = heads[id] {
      if known.root == head.rootHash { return }
      forks.insert(record.key)
      guard forgedLogs.contains(record.key) else {
        throw Violation(
          "\(node.name) and \(known.node) hold different heads of log \(record.key) at length \(head.length)")
      }
    } else {
      heads[id] = (head.rootHash, node.name)
    }
  }

  private func checkIndexed(_ base: Autobase, _ node: SimulatedNode) throws {
    // A node with an old disk may come to another end than the others: it is no longer one of them.
    if node.isRewound { return }
    let status = try base.status()
    guard let system = status.views.last, let process = node.process else { return }
    let before = seen[node.index]?.indexedLength ?? 0
    guard system.indexedLength >= before else {
      throw Violation("\(node.name): the indexed system went from \(before) to \(system.indexedLength) blocks")
    }
    let isFinal = status.views.dropLast().allSatisfy { $0.length == $0.signedLength }
    guard try isFinal || status.wait != .nothing || !process.driver.status().waits.isEmpty else {
      throw Violation("\(node.name) is behind and cannot tell what it waits for")
    }
    guard system.indexedLength > before else { return }
    seen[node.index]?.indexedLength = system.indexedLength
    for view in status.views where view.indexedLength > 0 {
      var lengths = [view.indexedLength]
      if view.name == system.name, before > 0 { lengths.append(before) }
      for length in lengths {
        guard let root = try process.treeHash(of: view.key, at: length) else { continue }
        let id = IndexedID(view: view.name, length: length)
        if let known = indexed[id] {
          guard known.root == root else {
            throw Violation(
              "\(node.name) and \(known.node) have indexed different content of \(view.name) at length \(length)")
          }
        } else {
          indexed[id] = (root, node.name)
        }
      }
    }
  }
}
