import Autobase
import CompactEncoding
import Corestore
import Glibc
import Hypercore
import Registry
import RegistryNode
import TestDisk
import TestSupport
import Testing

/// A registry's node whose power fails while it takes entries.
///
/// What was acknowledged is there afterwards, the node's own log is never shorter than anybody was told, and what the
/// node computed fits what it wrote.
@Suite struct PowerCutTests {
  static var seeds: Range<UInt64> { 0..<(getenv("HYPERTOOLS_LONG") == nil ? 2 : 40) }

  @Test(arguments: seeds) func whatWasAcknowledgedIsKept(seed: UInt64) throws {
    let whole = try Life(seed: seed, cut: nil)
    #expect(whole.operations > 100, "seed \(seed)")
    let step = getenv("HYPERTOOLS_LONG") == nil ? 67 : 3
    for cut in stride(from: Int(seed) % step, to: whole.operations, by: step) { _ = try Life(seed: seed, cut: cut) }
  }

  private struct Life {
    private(set) var operations = 0
    /// Entries that were acknowledged, and the length of the node's log, when all was last known to be durable.
    private var kept: (entries: Set<String>, length: UInt64) = ([], 0)
    private var acknowledged: Set<String> = []
    private var tried: Set<String> = []

    init(seed: UInt64, cut: Int?) throws {
      let label = "seed \(seed), cut at operation \(cut.map { "\($0)" } ?? "none")"
      let directory = TemporaryDirectory()
      let disk = TestDisk("node-\(seed)-\(cut ?? -1)")
      if let cut { disk.cutPower(after: cut) }
      do { try live(seed, directory.path, disk) } catch {
        guard disk.isOff else { throw error }
      }
      operations = disk.operations
      var random = SeededGenerator(seed: seed &* 7919 &+ UInt64(cut ?? 0))
      try disk.restart(using: &random)
      try check(directory.path, label)
    }

    private mutating func live(_ seed: UInt64, _ path: String, _ disk: TestDisk) throws {
      var random = SeededGenerator(seed: seed)
      let isFull = seed % 2 == 0
      var options = StoreOptions(durability: isFull ? .full : .normal)
      options.fileSystem = disk.name
      var store = try Corestore(directory: path, options: options)
      var node = try RegistryNode(store)
      for step in 0..<14 {
        let names = (0..<Int.random(in: 1...3, using: &random)).map { "entry \(step) \($0)" }
        tried.formUnion(names)
        try node.base.append(
          names.map { name in
            RegistryOperation.putEntry(Entry(name: name, driveKey: node.base.key, type: "text")).encoded()
          })
        acknowledged.formUnion(names)
        if isFull { #expect(store.isDurable) }
        if Int.random(in: 0..<3, using: &random) == 0 { try store.makeDurable() }
        if store.isDurable { kept = (acknowledged, node.base.local?.length ?? 0) }
        if Int.random(in: 0..<5, using: &random) == 0 {
          store = try Corestore(directory: path, options: options)
          node = try RegistryNode(store)
        }
      }
    }

    private func check(_ path: String, _ label: String) throws {
      let store = try Corestore(directory: path)
      let node = try RegistryNode(store)
      let comment: Comment = "\(label)"
      #expect(node.base.local?.length ?? 0 >= kept.length, comment)
      for name in tried.sorted() {
        let isThere = try node.view.get(name) != nil
        #expect(isThere || !kept.entries.contains(name), comment)
      }
      #expect(try node.base.status().wait == .nothing, comment)
      for record in try store.cores() {
        let audit = try store.get(key: record.key).audit()
        #expect(audit.faults.isEmpty, comment)
      }
      // It is still the writer it was, and goes on.
      let entry = Entry(name: "afterwards", driveKey: node.base.key, type: "text")
      try node.base.append([RegistryOperation.putEntry(entry).encoded()])
      #expect(try node.view.get("afterwards") != nil, comment)
      #expect(try node.status().signedLength == node.status().viewLength, comment)
    }
  }
}
