import CLimits
import Glibc

/// Compression straight from libzstd, a piece at a time.
final class RawZstd {
  private let compressor = ZSTD_createCCtx()
  private let decompressor = ZSTD_createDCtx()
  private var buffer: [UInt8]
  private var pieces: [[UInt8]] = []
  private let pieceSize: Int

  /// - Parameter pieceSize: bytes of content of a frame.
  init(level: Int, pieceSize: Int) {
    self.pieceSize = pieceSize
    buffer = [UInt8](repeating: 0, count: ZSTD_compressBound(pieceSize))
    ZSTD_CCtx_setParameter(compressor, ZSTD_c_compressionLevel, Int32(level))
    ZSTD_CCtx_setParameter(compressor, ZSTD_c_checksumFlag, 1)
  }

  deinit {
    ZSTD_freeCCtx(compressor)
    ZSTD_freeDCtx(decompressor)
  }

  /// Compresses everything, and keeps the frames.
  func compress(_ content: [UInt8]) {
    pieces.removeAll()
    content.withUnsafeBytes { content in
      var start = 0
      while start < content.count {
        let count = min(pieceSize, content.count - start)
        let size = ZSTD_compress2(compressor, &buffer, buffer.count, content.baseAddress! + start, count)
        pieces.append(Array(buffer[..<size]))
        start += count
      }
    }
  }

  /// Decompresses the frames that are kept, and hands each piece on.
  func decompress(_ body: (UnsafeRawBufferPointer) -> Void) {
    for piece in pieces {
      let size = ZSTD_decompressDCtx(decompressor, &buffer, buffer.count, piece, piece.count)
      buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<size])) }
    }
  }
}
