import Corestore
import Glibc
import Hypercore
import HypercoreArchive

extension Row {
  /// Logs in archives: megabytes of blocks of 4 KiB that compress about as well as text.
  static let archives = [
    Row(
      name: "archive-export", title: "archive, export of 4 KiB blocks, each checked", unit: .gigabytesPerSecond,
      aim: .figure(0.2), limit: "zstd alone at the same level, the same blocks"
    ) { workspace in
      let logs = try ArchivedBlocks(workspace)
      let zstd = RawZstd(level: ArchiveWriter.defaultLevel, pieceSize: 1 << 20)
      return Pair(
        ours: { try gigabytes(logs) { _ = try logs.export() } },
        limit: { gigabytes(logs) { zstd.compress(logs.content) } })
    },
    Row(
      name: "archive-import", title: "archive, import of 4 KiB blocks into a new store, --sync normal",
      unit: .gigabytesPerSecond, aim: .figure(0.2), limit: "zstd alone, and BLAKE2b of the blocks"
    ) { workspace in
      let logs = try ArchivedBlocks(workspace)
      let archive = try logs.export()
      let zstd = RawZstd(level: ArchiveWriter.defaultLevel, pieceSize: 1 << 20)
      zstd.compress(logs.content)
      return Pair(
        ours: { try gigabytes(logs) { try ArchivedBlocks.importing(archive, workspace) } },
        limit: {
          gigabytes(logs) {
            var output = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
            zstd.decompress { piece in
              for start in stride(from: 0, to: piece.count, by: ArchivedBlocks.blockSize) {
                withUnsafeMutableBytes(of: &output) {
                  RawHash.hash(
                    UnsafeRawBufferPointer(
                      rebasing: piece[start..<min(piece.count, start + ArchivedBlocks.blockSize)]),
                    into: $0.baseAddress!)
                }
              }
            }
            keep(output)
          }
        })
    },
  ]

  private static func gigabytes(_ logs: ArchivedBlocks, _ body: () throws -> Void) rethrows -> Sample {
    var sample = try timed(1, body)
    sample.operations = Double(logs.content.count) / 1e9
    return sample
  }
}

/// A log of blocks that look like text.
final class ArchivedBlocks {
  static let blockSize = 4096
  private static let count = 16_384

  /// All blocks, one after the other.
  let content: [UInt8]
  private let store: Corestore
  private let log: Hypercore

  init(_ workspace: Workspace) throws {
    let words = [
      "model", "weights", "layer", "attention", "registry", "signature", "\"name\": ", "0.75", "token", ",\n",
    ]
    .map { Array($0.utf8) }
    var state: UInt64 = 3
    var text: [UInt8] = []
    let size = Self.count * Self.blockSize
    text.reserveCapacity(size + 64)
    while text.count < size {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      text += words[Int(state >> 33) % words.count]
      if state >> 62 == 0 { text.append(contentsOf: String(state >> 44).utf8) }
    }
    text.removeLast(text.count - size)
    content = text
    store = try Corestore(directory: workspace.fresh("store"), options: StoreOptions(durability: .normal))
    log = try store.get(name: "log")
    let blocks = stride(from: 0, to: size, by: Self.blockSize).map { Array(text[$0..<$0 + Self.blockSize]) }
    try log.append(blocks)
  }

  /// The archive of the log.
  func export() throws -> [UInt8] {
    var bytes: [UInt8] = []
    let writer = try ArchiveWriter { bytes += $0 }
    try LogExport(log, in: store, name: nil).write(to: writer)
    try writer.finish()
    return bytes
  }

  /// Takes an archive into a new store.
  static func importing(_ archive: [UInt8], _ workspace: Workspace) throws {
    let store = try Corestore(directory: workspace.fresh("store"), options: StoreOptions(durability: .normal))
    var position = 0
    let reader = try ArchiveReader { buffer in
      let count = min(buffer.count, archive.count - position)
      buffer.copyBytes(from: archive[position..<position + count])
      position += count
      return count
    }
    let outcomes = try ArchiveImport.run(reader, into: store)
    guard outcomes[0].blocks == UInt64(Self.count) else { throw BenchError("blocks are missing") }
  }
}
