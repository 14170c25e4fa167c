internal import ZstdFrames

/// The frames of an archive that can be read at any place.
final class SectionFile {
  private let source: any ArchiveSource
  private let decompressor = FrameDecompressor(limit: HypercoreArchive.sectionLimit)
  private var offsets: [UInt64] = []
  private var sizes: [Int] = []

  /// Reads the table of frames.
  init(_ source: any ArchiveSource) throws {
    self.source = source
    let size = source.size
    let part = "the table of frames"
    guard size >= UInt64(SeekTable.footerSize) else { throw ArchiveError.notAnArchive(detail: "it is too short") }
    let footer = try bytes(at: size - UInt64(SeekTable.footerSize), count: SeekTable.footerSize)
    guard let tableSize = SeekTable.size(footer: footer), tableSize <= size else {
      guard try bytes(at: 0, count: 4) == [0x28, 0xb5, 0x2f, 0xfd] else {
        throw ArchiveError.notAnArchive(detail: "\(FrameError.notCompressed)")
      }
      throw ArchiveError.truncated(offset: size, part: part)
    }
    let table = SeekTable(try bytes(at: size - tableSize, count: Int(tableSize)))
    var offset: UInt64 = 0
    for frame in table?.frames ?? [] {
      offsets.append(offset)
      sizes.append(Int(frame.size))
      offset += UInt64(frame.size)
    }
    guard offset == size - tableSize, offsets.count >= 2 else {
      throw ArchiveError.damaged(offset: size - tableSize, part: part, detail: "its frames are not those of the file")
    }
  }

  /// Number of frames before the table.
  var count: Int { offsets.count }

  /// Where a frame begins.
  func offset(of frame: Int) -> UInt64 { offsets[frame] }

  /// What a frame holds.
  func content(of frame: Int, part: String) throws -> [UInt8] {
    let compressed = try bytes(at: offsets[frame], count: sizes[frame])
    do {
      return try compressed.withUnsafeBytes { try decompressor.content(of: $0, at: offsets[frame]) }
    } catch let failure as FrameError {
      throw ArchiveError(failure, in: part)
    }
  }

  private func bytes(at offset: UInt64, count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes { try source.read(at: offset, into: $0) }
    return bytes
  }
}
