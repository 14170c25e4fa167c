internal import CZstd

/// Makes one frame of one piece of bytes: with a checksum, and with the size of its content in its header.
public final class FrameCompressor {
  /// The levels there are.
  public static let levels = 1...19

  private let context: OpaquePointer
  private var output: [UInt8] = []

  /// A compressor; `level` is one of ``levels``.
  public init(level: Int = 3) {
    guard let context = ZSTD_createCCtx() else { fatalError("no memory for zstd") }
    self.context = context
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  }

  deinit { ZSTD_freeCCtx(context) }

  /// The frame of `content`, valid within `body`.
  public func withFrame<R>(of content: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let bound = ZSTD_compressBound(content.count)
    if output.count < bound { output = [UInt8](repeating: 0, count: bound) }
    let count = output.withUnsafeMutableBytes { target in
      content.withUnsafeBytes { source in
        ZSTD_compress2(context, target.baseAddress, target.count, source.baseAddress, source.count)
      }
    }
    precondition(ZSTD_isError(count) == 0, "zstd takes any bytes, and the bound is enough")
    return try output.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }
}
