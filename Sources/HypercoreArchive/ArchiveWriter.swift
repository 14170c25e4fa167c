internal import CompactEncoding
public import Hypercore
internal import ZstdFrames

/// Writes an archive, section by section.
public final class ArchiveWriter {
  /// The compression that is chosen when speed and size both matter.
  public static let defaultLevel = 3

  private let compressor: FrameCompressor
  private let sink: (UnsafeRawBufferPointer) throws -> Void
  private var table = SeekTable()
  private var index = ArchiveIndex()
  /// Bytes that were written.
  public private(set) var size: UInt64 = 0

  /// - Parameters:
  ///   - level: of the compression, one of `FrameCompressor.levels`.
  ///   - sink: takes the bytes of the archive.
  public init(level: Int = defaultLevel, _ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
    compressor = FrameCompressor(level: level)
    self.sink = sink
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
  public func finish() throws {
    try put(index.encoded())
    try table.encoded().withUnsafeBytes { bytes in
      size += UInt64(bytes.count)
      try sink(bytes)
    }
  }

  private func put(_ content: [UInt8]) throws {
    try compressor.withFrame(of: content) { frame in
      table.append(size: frame.count, contentSize: content.count)
      size += UInt64(frame.count)
      try sink(frame)
    }
  }
}
