internal import CZstd

/// Unpacks single frames that tell the size of their content.
public final class FrameDecompressor {
  /// Bytes of content that a byte of a frame stands for at most: a block of 128 KiB of one byte takes four.
  private static let largestRatio: UInt64 = 1 << 15

  private let context: OpaquePointer
  /// Most bytes of content that are taken.
  public let limit: Int

  /// A decompressor of frames with at most `limit` bytes of content.
  public init(limit: Int) {
    guard let context = ZSTD_createDCtx() else { fatalError("no memory for zstd") }
    self.context = context
    self.limit = limit
  }

  deinit { ZSTD_freeDCtx(context) }

  /// The content of a frame, which `frame` holds and nothing else.
  ///
  /// - Parameter offset: where the frame begins, for errors.
  /// - Throws: ``FrameError/damaged(offset:detail:)``.
  public func content(of frame: UnsafeRawBufferPointer, at offset: UInt64) throws(FrameError) -> [UInt8] {
    let size = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
    guard size != UInt64.max, size != UInt64.max - 1 else {
      throw .damaged(offset: offset, detail: "its header does not tell the size of its content")
    }
    guard size <= UInt64(limit) else {
      throw .damaged(offset: offset, detail: "its content has \(size) bytes, more than \(limit)")
    }
    // Decoders ignore this bit of the frame header descriptor (RFC 8878, section 3.1.1.1.3); no encoder sets it, and here
    // nothing may change unnoticed.
    guard frame.count > 4, frame[4] & 0x10 == 0 else {
      throw .damaged(offset: offset, detail: "the unused bit of its header is set")
    }
    // The header may say anything; nothing is allocated for what cannot be.
    guard size <= UInt64(frame.count) * Self.largestRatio else {
      throw .damaged(offset: offset, detail: "its content is said to have \(size) bytes, more than it can hold")
    }
    var result = 0
    let content = [UInt8](unsafeUninitializedCapacity: Int(size)) { target, count in
      result = ZSTD_decompressDCtx(context, target.baseAddress, target.count, frame.baseAddress, frame.count)
      count = ZSTD_isError(result) == 0 ? result : 0
    }
    if ZSTD_isError(result) != 0 {
      throw .damaged(offset: offset, detail: String(cString: ZSTD_getErrorName(result)))
    }
    guard content.count == Int(size) else { throw .damaged(offset: offset, detail: "its content is too short") }
    return content
  }
}
