internal import CZstd

/// Reads what ``FrameWriter`` writes, or any other zstd stream, with bounded memory, and knows where it is.
public final class FrameReader {
  /// Bytes of a window, at most: a frame that wants more is refused.
  private static let windowLog: Int32 = 23

  private let context: OpaquePointer
  private let source: (UnsafeMutableRawBufferPointer) throws -> Int
  private var input = [UInt8](repeating: 0, count: ZSTD_DStreamInSize())
  private var position = 0
  private var end = 0
  /// Bytes of the archive before those in `input`.
  private var before: UInt64 = 0
  private var frameStart: UInt64 = 0
  private var isInFrame = false
  private var isAtEnd = false

  /// - Parameter source: fills a buffer with more bytes of the archive, and returns how many; 0 at the end.
  public init(_ source: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) {
    guard let context = ZSTD_createDCtx() else { fatalError("no memory for zstd") }
    self.context = context
    self.source = source
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLog)
  }

  deinit { ZSTD_freeDCtx(context) }

  /// Bytes of the archive that were read.
  public var offset: UInt64 { before + UInt64(position) }

  /// The error for content that is not what it should be.
  public func damaged(_ detail: String) -> FrameError { .damaged(offset: frameStart, detail: detail) }

  /// Fills `buffer`.
  ///
  /// - Throws: ``FrameError``, or what the source throws.
  /// - Returns: how many bytes there were; fewer than asked for only at the end of the archive.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var out = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
    while out.pos < out.size {
      if position == end, try !refill() {
        if isInFrame { throw FrameError.truncated(offset: offset) }
        return out.pos
      }
      if !isInFrame {
        frameStart = offset
        isInFrame = true
        try expectFrame()
      }
      let rest = input.withUnsafeBytes { bytes in
        var chunk = ZSTD_inBuffer(src: bytes.baseAddress, size: end, pos: position)
        let rest = ZSTD_decompressStream(context, &out, &chunk)
        position = chunk.pos
        return rest
      }
      if ZSTD_isError(rest) != 0 { throw failure(rest) }
      if rest == 0 { isInFrame = false }
    }
    return out.pos
  }

  /// Makes sure that a frame begins as frames do today: the library may be built to read the formats of its first
  /// versions as well, whose windows it does not bound.
  private func expectFrame() throws {
    while end - position < 4, try fill() {}
    guard end - position >= 4 else { return }
    let magic = input.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: UInt32.self).littleEndian }
    guard magic == ZSTD_MAGICNUMBER || magic & 0xffff_fff0 == UInt32(ZSTD_MAGIC_SKIPPABLE_START) else {
      throw frameStart == 0 ? FrameError.notCompressed : damaged("no frame begins here")
    }
  }

  /// Adds bytes behind those that are left; false at the end of the archive.
  private func fill() throws -> Bool {
    guard !isAtEnd else { return false }
    input.withUnsafeMutableBytes { bytes in
      bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
    }
    before += UInt64(position)
    end -= position
    position = 0
    let count = try input.withUnsafeMutableBytes { bytes in
      try source(UnsafeMutableRawBufferPointer(rebasing: bytes[end...]))
    }
    end += count
    isAtEnd = count == 0
    return !isAtEnd
  }

  /// Reads to the end of the present frame.
  public func skipFrame() throws {
    var scratch = [UInt8](repeating: 0, count: 4096)
    while isInFrame { _ = try scratch.withUnsafeMutableBytes { try read(into: $0) } }
  }

  private func failure(_ code: Int) -> FrameError {
    let detail = String(cString: ZSTD_getErrorName(code))
    return frameStart == 0 && offset < 16 && ZSTD_getErrorCode(code) == ZSTD_error_prefix_unknown
      ? .notCompressed : damaged(detail)
  }

  private func refill() throws -> Bool {
    guard !isAtEnd else { return false }
    before += UInt64(end)
    position = 0
    end = 0
    end = try input.withUnsafeMutableBytes { try source($0) }
    isAtEnd = end == 0
    return !isAtEnd
  }

  /// Makes sure that nothing follows.
  public func expectEnd() throws {
    var byte: UInt8 = 0
    let count = try withUnsafeMutableBytes(of: &byte) { try read(into: $0) }
    guard count == 0 else { throw damaged("something follows behind the end") }
  }
}
