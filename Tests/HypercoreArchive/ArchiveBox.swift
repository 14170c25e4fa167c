import CompactEncoding
import Corestore
import Hypercore
import HypercoreArchive

/// An archive in memory.
final class ArchiveBox: ArchiveSource {
  var bytes: [UInt8]

  init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  var size: UInt64 { UInt64(bytes.count) }

  func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) {
    buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + buffer.count])
  }

  /// An archive of logs of a store.
  static func export(_ logs: [Hypercore], in store: Corestore, level: Int = 1) throws -> ArchiveBox {
    let box = ArchiveBox()
    let writer = try ArchiveWriter(level: level) { box.bytes += Array($0) }
    for log in logs { try LogExport(log, in: store, name: nil).write(to: writer) }
    try writer.finish()
    return box
  }

  /// A reader that gets the bytes in pieces.
  func reader(pieces: Int = 1 << 16) throws -> ArchiveReader {
    var position = 0
    return try ArchiveReader { buffer in
      let count = min(buffer.count, pieces, self.bytes.count - position)
      buffer.copyBytes(from: self.bytes[position..<position + count])
      position += count
      return count
    }
  }

  /// Reads all of it.
  func check(pieces: Int = 1 << 16) throws {
    let reader = try reader(pieces: pieces)
    while try reader.next() != nil {}
  }

  @discardableResult
  func importing(into store: Corestore, isDryRun: Bool = false) throws -> [ArchiveImport.Outcome] {
    try ArchiveImport.run(reader(), into: store, isDryRun: isDryRun)
  }
}

/// What a store says of a log that can be compared.
struct LogContent: Equatable {
  var length: UInt64
  var fork: UInt64
  var hash: Fixed32
  var contiguousLength: UInt64
  var blocks: [[UInt8]?]

  init(_ log: Hypercore) throws {
    length = log.length
    fork = log.fork
    hash = try log.treeHash()
    contiguousLength = log.contiguousLength
    blocks = try (0..<log.length).map { try log.storedBlock($0) }
  }
}
