internal import CompactEncoding
internal import HypercoreCrypto
internal import ZstdFrames

/// Reads a backup from its first byte to its last and checks everything in it.
public struct BackupReader {
  private static let chunkSize = 1 << 17

  private let frames: PartReader
  /// What the archive holds.
  public let manifest: BackupManifest

  /// Reads the manifest.
  ///
  /// - Parameter source: fills a buffer with more bytes of the archive, and returns how many; 0 at the end.
  /// - Throws: ``BackupError``, or what `source` throws.
  public init(_ source: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) throws {
    frames = PartReader(FrameReader(source))
    let header = try Self.header(frames)
    guard let header, header.name == BackupManifest.fileName, header.size <= BackupManifest.maximumSize else {
      throw BackupError.notABackup(detail: "it does not begin with \(BackupManifest.fileName)")
    }
    var bytes: [UInt8] = []
    try Self.content(of: header, frames) { bytes += $0 }
    manifest = try BackupManifest(bytes)
  }

  /// Reads the rest, once.
  ///
  /// - Parameter body: takes the pieces of each file in their order.
  /// - Throws: ``BackupError`` when anything is not what was written, or what `body` and the source throw.
  public func read(_ body: (BackupManifest.File, [UInt8]) throws -> Void = { _, _ in }) throws {
    for file in manifest.files {
      frames.part = file.name
      guard let header = try Self.header(frames), header.name == file.name, header.size == file.size else {
        throw frames.damaged("the file is not there, or has another size")
      }
      var hash = Blake2b()
      try Self.content(of: header, frames) {
        hash.update($0)
        try body(file, $0)
      }
      guard hash.finalize32() == file.hash else {
        // The checksum of the frame tells more closely, but comes last.
        try frames.skipFrame()
        throw BackupError.unsound(detail: "\(file.name) does not hash to what the manifest says")
      }
    }
    frames.part = "the end"
    for _ in 0..<2 {
      guard try Self.header(frames) == nil else { throw frames.damaged("another file follows") }
    }
    try frames.expectEnd()
  }

  /// The next header; nil for a block of zeros.
  private static func header(_ frames: PartReader) throws -> TapeHeader? {
    let block = try block(frames, count: TapeHeader.blockSize)
    if block.allSatisfy({ $0 == 0 }) { return nil }
    guard let header = TapeHeader(block) else {
      throw frames.offset < 1 << 16 && frames.part == "the manifest"
        ? BackupError.notABackup(detail: "it is no tape archive") : frames.damaged("there is no header of a file")
    }
    return header
  }

  private static func content(of header: TapeHeader, _ frames: PartReader, _ body: ([UInt8]) throws -> Void) throws {
    var rest = header.size
    while rest > 0 {
      let piece = try block(frames, count: Int(min(rest, UInt64(chunkSize))))
      rest -= UInt64(piece.count)
      try body(piece)
    }
    guard try block(frames, count: TapeHeader.padding(header.size)).allSatisfy({ $0 == 0 }) else {
      throw frames.damaged("the end of the file is not empty")
    }
  }

  private static func block(_ frames: PartReader, count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let found = try bytes.withUnsafeMutableBytes { try frames.read(into: $0) }
    guard found == count else { throw BackupError.truncated(offset: frames.offset, part: frames.part) }
    return bytes
  }
}
