public import Corestore
public import Hypercore

/// Writes a stored log into an archive: as it is when the export begins, with the blocks that are stored, each checked.
public struct LogExport {
  private let log: Hypercore
  private let store: Corestore
  /// What is written.
  public let head: ArchivedHead

  /// An export of the default state of `log`, which belongs to `store`.
  ///
  /// - Parameter name: what the log is called.
  public init(_ log: Hypercore, in store: Corestore, name: String?) throws {
    self.log = log
    self.store = store
    head = try store.read {
      let head = try log.head()
      let tree = try MerkleTree(roots: log.roots(), length: head.length, fork: head.fork)
      return ArchivedHead(
        key: log.key, name: name, manifest: log.manifest, tree: tree, signature: head.signature,
        isComplete: try log.has(0..<head.length))
    }
  }

  /// Writes the log.
  ///
  /// - Parameter onBlocks: told the number of blocks and bytes of each section.
  /// - Throws: ``LogExportError``, or what the writer and the store throw.
  public func write(to writer: ArchiveWriter, onBlocks: (_ blocks: Int, _ bytes: Int) -> Void = { _, _ in }) throws {
    try writer.begin(head)
    var next: UInt64 = 0
    while next < head.tree.length {
      guard let section: Section = try store.read({ try section(from: next) }) else { return }
      let blocks = section.blocks
      do {
        _ = try RangeProof.check(blocks.map { $0[...] }, from: section.first, with: section.proof, in: head.tree)
      } catch {
        throw LogExportError.damaged(blocks: section.first..<section.first + UInt64(blocks.count), detail: "\(error)")
      }
      try writer.add(blocks, from: section.first, proof: section.proof)
      onBlocks(blocks.count, blocks.reduce(0) { $0 + $1.count })
      next = section.first + UInt64(blocks.count)
    }
  }

  private struct Section {
    var first: UInt64
    var blocks: [[UInt8]]
    var proof: [TreeNode]
  }

  /// The next blocks from `start` on; nil when none is stored.
  ///
  /// A log with gaps may have blocks that were proven under an older head, whose place in the newer tree is not known
  /// yet: those are left out as well.
  private func section(from start: UInt64) throws -> Section? {
    guard log.fork == head.tree.fork else { throw LogExportError.truncated }
    var start = start
    while let first = try head.isComplete ? start : firstStored(from: start) {
      var blocks = try run(from: first)
      while !blocks.isEmpty {
        let range = first..<first + UInt64(blocks.count)
        do {
          let proof = try RangeProof.nodes(of: range, length: head.tree.length, from: Nodes(log: log))
          return Section(first: first, blocks: blocks, proof: proof)
        } catch MerkleError.missingNode where !head.isComplete {
          blocks.removeLast((blocks.count + 1) / 2)
        }
      }
      start = first + 1
    }
    return nil
  }

  /// The blocks of a section that begins at `first`.
  private func run(from first: UInt64) throws -> [[UInt8]] {
    var blocks: [[UInt8]] = []
    var size = 0
    for index in first..<head.tree.length {
      guard blocks.count < HypercoreArchive.sectionBlockLimit, let block = try log.storedBlock(index) else { break }
      if !blocks.isEmpty, size + block.count > HypercoreArchive.sectionSize { break }
      size += block.count
      blocks.append(block)
    }
    guard !blocks.isEmpty else {
      throw LogExportError.damaged(blocks: first..<first + 1, detail: "the block is missing")
    }
    return blocks
  }

  private func firstStored(from start: UInt64) throws -> UInt64? {
    var word = start & ~63
    while word < head.tree.length {
      for (i, bits) in try log.storedBlockWords(from: word, wordCount: 1024).enumerated() {
        let base = word + 64 * UInt64(i)
        let wanted = base < start ? bits & (UInt64.max << (start - base)) : bits
        if wanted != 0 {
          let found = base + UInt64(wanted.trailingZeroBitCount)
          return found < head.tree.length ? found : nil
        }
      }
      word += 64 * 1024
    }
    return nil
  }

  private struct Nodes: NodeReader {
    let log: Hypercore
    func node(at index: UInt64) throws -> TreeNode? { try log.treeNode(at: index) }
  }
}

/// Why a log could not be exported.
public enum LogExportError: Error, Sendable, Equatable {
  /// The log became shorter meanwhile.
  case truncated
  /// Stored blocks are not those of the log.
  case damaged(blocks: Range<UInt64>, detail: String)
}
