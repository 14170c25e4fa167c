internal import CompactEncoding
public import Hypercore
internal import ZstdFrames

/// Writes an archive, section by section. Sections are compressed on a thread of their own, while the next one is made.
public final class ArchiveWriter {
  /// The compression that is chosen when speed and size both matter.
  public static let defaultLevel = 3

  /// What was written; it belongs to the other thread until that is waited for.
  private final class Written {
    var table = SeekTable()
  }

  private let pipeline: FramePipeline
  private let sink: (UnsafeRawBufferPointer) throws -> Void
  private let written = Written()
  private var index = ArchiveIndex()

  /// - Parameters:
  ///   - level: of the compression, one of `FrameCompressor.levels`.
  ///   - sink: takes the bytes of the archive, on the other thread until ``finish()`` is called.
  public init(level: Int = defaultLevel, _ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
    self.sink = sink
    pipeline = FramePipeline(level: level) { [written] frame, contentSize in
      written.table.append(size: frame.count, contentSize: contentSize)
      try sink(frame)
    }
    var count = Size()
    count.raw(HypercoreArchive.magic.count)
    count.uint(HypercoreArchive.version)
    try put(
      Writer.bytes(count: count.count) { writer in
        writer.raw(HypercoreArchive.magic)
        writer.uint(HypercoreArchive.version)
      })
  }

  /// Begins a log; its blocks follow.
  public func begin(_ head: ArchivedHead) throws {
    index.logs.append(ArchiveIndex.Log())
    try put(head.encoded())
  }

  /// Adds blocks of the log that was begun last, behind those that were added before.
  ///
  /// - Parameter proof: `RangeProof` of these blocks.
  public func add(_ blocks: [[UInt8]], from first: UInt64, proof: [TreeNode]) throws {
    let log = index.logs.count - 1
    precondition(log >= 0 && !blocks.isEmpty && first >= index.logs[log].end, "blocks are added in order")
    index.logs[log].sections.append(first..<first + UInt64(blocks.count))
    try put(BlockSection.encode(log: log, first: first, blocks: blocks, proof: proof))
  }

  /// Writes what comes at the end.
  ///
  /// - Throws: what the sink throws, now or before.
  public func finish() throws {
    try put(index.encoded())
    try pipeline.drain()
    try written.table.encoded().withUnsafeBytes { try sink($0) }
  }

  /// - Throws: what the sink threw before.
  private func put(_ content: [UInt8]) throws { try pipeline.submit(content) }
}
