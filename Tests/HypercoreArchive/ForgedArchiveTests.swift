import CompactEncoding
import Corestore
import Hypercore
import TestSupport
import Testing
import ZstdFrames

@testable import HypercoreArchive

/// Archives whose frames are sound, and whose content is not what was signed.
@Suite struct ForgedArchiveTests {
  private func log(_ count: Int) throws -> (Corestore, Hypercore) {
    var generator = SeededGenerator(seed: 21)
    let store = try Corestore.inMemory()
    let log = try store.get(name: "a")
    try log.append(ArchiveTests.blocks(count, &generator))
    return (store, log)
  }

  /// An archive of a log that `change` may change before it is written.
  private func forge(
    _ store: Corestore, _ log: Hypercore, change: (inout ArchivedHead, inout [[UInt8]], inout [TreeNode]) -> Void
  ) throws -> ArchiveBox {
    var head = try LogExport(log, in: store, name: nil).head
    var blocks = try (0..<log.length).map { try log.block(at: $0) }
    var proof: [TreeNode] = []
    change(&head, &blocks, &proof)
    let box = ArchiveBox()
    let writer = try ArchiveWriter(level: 1) { box.bytes += Array($0) }
    try writer.begin(head)
    if !blocks.isEmpty { try writer.add(blocks, from: 0, proof: proof) }
    try writer.finish()
    return box
  }

  @Test func whatWasNotSignedIsRefused() throws {
    let (store, log) = try log(9)
    let target = try Corestore.inMemory()
    func refused(
      _ text: String, _ change: (inout ArchivedHead, inout [[UInt8]], inout [TreeNode]) -> Void
    ) throws {
      let box = try forge(store, log, change: change)
      let error = #expect(throws: ArchiveError.self, "\(text)") { try box.importing(into: target) }
      guard case .damaged(let offset, _, _) = error else {
        Issue.record("\(text): \(String(describing: error))")
        return
      }
      #expect(offset > 0 && offset < UInt64(box.bytes.count))
      #expect(throws: ArchiveError.self, "\(text)") {
        let archived = try #require(try ArchiveFile(box).logs.first)
        for index in 0..<9 as Range<UInt64> { _ = try archived.block(at: index) }
        try box.check()
      }
    }
    try forge(store, log) { _, _, _ in }.check()
    try refused("another block") { _, blocks, _ in blocks[4] = [1, 2, 3] }
    try refused("a block less") { _, blocks, _ in blocks.removeLast() }
    try refused("a block more") { _, blocks, _ in blocks.append([]) }
    try refused("blocks in another order") { _, blocks, _ in blocks.swapAt(1, 2) }
    try refused("no blocks") { _, blocks, _ in blocks = [] }
    try refused("a stray node") { _, _, proof in proof = [TreeNode(index: 0, size: 0, hash: Fixed32())] }
    try refused("another key") { head, _, _ in head.key = Fixed32() }
    try refused("no signature") { head, _, _ in head.signature = nil }
    try refused("another fork") { head, _, _ in head.tree.fork = 1 }
    try refused("another manifest") { head, _, _ in head.manifest = Manifest(publicKey: head.key) }
    #expect(try target.cores().isEmpty)
  }

  @Test func sectionsOutOfPlaceAreRefused() throws {
    let (store, log) = try log(6)
    let head = try LogExport(log, in: store, name: nil).head
    let header = HypercoreArchive.magic + [1]
    func section(_ range: Range<UInt64>, log number: Int = 0) throws -> [UInt8] {
      BlockSection.encode(
        log: number, first: range.lowerBound, blocks: try range.map { try log.block(at: $0) },
        proof: try RangeProof.nodes(of: range, length: 6, from: NodesOf(log)))
    }
    func end(_ sections: [Range<UInt64>]) -> [UInt8] { ArchiveIndex(logs: [.init(sections: sections)]).encoded() }
    let good = [header, head.encoded(), try section(0..<2), try section(2..<6), end([0..<2, 2..<6])]
    try Self.archive(good).check()
    let bad: [[[UInt8]]] = [
      [header, head.encoded(), try section(2..<6), try section(0..<2), end([0..<2, 2..<6])],
      [header, head.encoded(), try section(0..<2), try section(0..<2), end([0..<2, 2..<4])],
      [header, head.encoded(), try section(0..<2), end([0..<2])],
      [header, head.encoded(), try section(2..<6), end([2..<6])],
      [header, head.encoded(), try section(0..<2), try section(2..<6), end([0..<3, 3..<6])],
      [header, head.encoded(), try section(0..<6, log: 1), end([0..<6])],
      [header, try section(0..<6), head.encoded(), end([0..<6])],
      [header, head.encoded(), head.encoded(), end([])],
      [header, head.encoded(), Array("X".utf8), try section(0..<6), end([0..<6])],
      [header, head.encoded(), [], try section(0..<6), end([0..<6])],
      [header, head.encoded(), try section(0..<6), end([0..<6]) + [0]],
    ]
    for (number, sections) in bad.enumerated() {
      let box = Self.archive(sections)
      #expect(throws: ArchiveError.self, "archive \(number)") { try box.importing(into: .inMemory()) }
    }
    #expect(
      #expect(throws: ArchiveError.self) { try Self.archive([HypercoreArchive.magic + [2]]).check() }
        == .newer(found: 2, supported: 1))
    for content in [[], Array("hc-archiv".utf8), HypercoreArchive.magic] {
      let error = #expect(throws: ArchiveError.self) { try Self.archive([content]).check() }
      guard case .notAnArchive = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
    guard
      case .notAnArchive = #expect(throws: ArchiveError.self, performing: { try ArchiveBox([1, 2, 3, 4, 5]).check() })
    else {
      Issue.record("bytes of another kind")
      return
    }
  }

  /// Sections as frames.
  private static func archive(_ sections: [[UInt8]]) -> ArchiveBox {
    let box = ArchiveBox()
    let compressor = FrameCompressor(level: 1)
    var table = SeekTable()
    for section in sections {
      compressor.withFrame(of: section) {
        box.bytes += Array($0)
        table.append(size: $0.count, contentSize: section.count)
      }
    }
    box.bytes += table.encoded()
    return box
  }

  private struct NodesOf: NodeReader {
    let log: Hypercore
    init(_ log: Hypercore) { self.log = log }
    func node(at index: UInt64) throws -> TreeNode? { try log.treeNode(at: index) }
  }
}
