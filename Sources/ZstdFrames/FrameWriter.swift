internal import CZstd

/// Compresses a stream of bytes into zstd frames, each with a checksum and of at most ``frameSize`` bytes of content, so
/// that damage is found where it is.
public final class FrameWriter {
  /// Bytes of content of a frame.
  public static let frameSize = 4 << 20
  private static let level: Int32 = 3

  /// Bytes that were written.
  public private(set) var size: UInt64 = 0
  private let context: OpaquePointer
  private let sink: ([UInt8]) throws -> Void
  private var output = [UInt8](repeating: 0, count: ZSTD_CStreamOutSize())
  private var inFrame = 0

  /// - Parameter sink: takes the compressed bytes.
  public init(_ sink: @escaping ([UInt8]) throws -> Void) {
    guard let context = ZSTD_createCCtx() else { fatalError("no memory for zstd") }
    self.context = context
    self.sink = sink
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Self.level)
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  }

  deinit { ZSTD_freeCCtx(context) }

  /// Adds bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = min(rest.count, Self.frameSize - inFrame)
      try push(UnsafeRawBufferPointer(rebasing: rest[..<count]), ZSTD_e_continue)
      inFrame += count
      if inFrame == Self.frameSize { try endFrame() }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  /// Ends the last frame.
  public func finish() throws { if inFrame > 0 { try endFrame() } }

  /// Ends the present frame.
  public func endFrame() throws {
    try push(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end)
    inFrame = 0
  }

  private func push(_ bytes: UnsafeRawBufferPointer, _ directive: ZSTD_EndDirective) throws {
    var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
    while true {
      let (rest, count) = output.withUnsafeMutableBytes { buffer in
        var out = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        let rest = ZSTD_compressStream2(context, &out, &input, directive)
        return (rest, out.pos)
      }
      precondition(ZSTD_isError(rest) == 0, "zstd takes any bytes")
      if count > 0 {
        size += UInt64(count)
        try sink(Array(output[..<count]))
      }
      if directive == ZSTD_e_end ? rest == 0 : input.pos == input.size { return }
    }
  }
}
