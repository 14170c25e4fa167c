internal import ZstdFrames

/// Reads the frames of a backup, and names the part of it that is damaged.
final class PartReader {
  /// What is being read.
  var part = "the manifest"
  private let frames: FrameReader

  init(_ frames: FrameReader) { self.frames = frames }

  /// Bytes of the archive that were read.
  var offset: UInt64 { frames.offset }

  /// The error for content that is not what it should be.
  func damaged(_ detail: String) -> BackupError { error(frames.damaged(detail)) }

  /// Fills `buffer`; fewer bytes than asked for are there only at the end of the archive.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { try told { try frames.read(into: buffer) } }

  /// Reads to the end of the present frame.
  func skipFrame() throws { try told { try frames.skipFrame() } }

  /// Makes sure that nothing follows.
  func expectEnd() throws { try told { try frames.expectEnd() } }

  private func told<R>(_ body: () throws -> R) throws -> R {
    do { return try body() } catch let failure as FrameError { throw error(failure) }
  }

  private func error(_ failure: FrameError) -> BackupError {
    switch failure {
    case .notCompressed: .notABackup(detail: "\(failure)")
    case .damaged(let offset, let detail): .damaged(offset: offset, part: part, detail: detail)
    case .truncated(let offset): .truncated(offset: offset, part: part)
    }
  }
}
