internal import CZstd

/// Cuts a stream of bytes into frames, and unpacks them one by one.
public final class FrameScanner {
  /// A frame of the stream.
  public struct Frame: Sendable {
    /// Where it begins.
    public let offset: UInt64
    /// Its bytes in the stream.
    public let size: Int
    /// What it holds; nil for a skippable frame.
    public let content: [UInt8]?
    /// The bytes of a skippable frame, header included; none otherwise.
    public let skippable: [UInt8]
  }

  private static let initialSize = 1 << 18

  private let source: (UnsafeMutableRawBufferPointer) throws -> Int
  private let decompressor: FrameDecompressor
  /// Most bytes that a frame can have in the stream.
  private let limit: Int
  private var buffer = [UInt8](repeating: 0, count: initialSize)
  private var start = 0
  private var end = 0
  private var isAtEnd = false
  /// Bytes of the stream before those that were not consumed yet.
  public private(set) var offset: UInt64 = 0

  /// Frames with at most `limit` bytes of content.
  ///
  /// - Parameter source: fills a buffer with more bytes of the stream, and returns how many; 0 at the end.
  public init(limit: Int, _ source: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) {
    self.source = source
    self.limit = ZSTD_compressBound(limit) + 64
    decompressor = FrameDecompressor(limit: limit)
  }

  /// The next frame, or nil at the end of the stream.
  ///
  /// - Throws: ``FrameError``, or what the source throws.
  public func next() throws -> Frame? {
    if start == end, try !fill() { return nil }
    let size = try frameSize()
    let frame = try buffer.withUnsafeBytes { bytes in
      let bytes = UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])
      let isSkippable = Self.isSkippable(bytes)
      return Frame(
        offset: offset, size: size, content: isSkippable ? nil : try decompressor.content(of: bytes, at: offset),
        skippable: isSkippable ? Array(bytes) : [])
    }
    start += size
    offset += UInt64(size)
    return frame
  }

  private static func isSkippable(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 4 && UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) & 0xffff_fff0 == 0x184d_2a50
  }

  /// Bytes of the frame at `start`, all of which are then in the buffer.
  private func frameSize() throws -> Int {
    while true {
      let result = buffer.withUnsafeBytes {
        ZSTD_findFrameCompressedSize($0.baseAddress.unsafelyUnwrapped + start, end - start)
      }
      if ZSTD_isError(result) == 0 {
        guard result <= limit else { throw tooLarge() }
        return result
      }
      guard ZSTD_getErrorCode(result) == ZSTD_error_srcSize_wrong else {
        if offset == 0, ZSTD_getErrorCode(result) == ZSTD_error_prefix_unknown { throw FrameError.notCompressed }
        throw FrameError.damaged(offset: offset, detail: String(cString: ZSTD_getErrorName(result)))
      }
      guard end - start <= limit else { throw tooLarge() }
      // Looking at a frame again from its beginning costs little when it has at least doubled.
      if try !fill(doubling: true) { throw FrameError.truncated(offset: offset + UInt64(end - start)) }
    }
  }

  private func tooLarge() -> FrameError {
    .damaged(offset: offset, detail: "a frame is larger than \(limit) bytes")
  }

  /// Reads more bytes; with `doubling`, twice as many as there are unless the stream ends before.
  private func fill(doubling: Bool = false) throws -> Bool {
    if start == end {
      start = 0
      end = 0
    }
    let wanted = doubling ? 2 * (end - start) : 1
    let before = end - start
    while end - start < wanted, !isAtEnd {
      if end == buffer.count { makeRoom() }
      let count = try buffer.withUnsafeMutableBytes { bytes in
        try source(UnsafeMutableRawBufferPointer(rebasing: bytes[end...]))
      }
      end += count
      isAtEnd = count == 0
    }
    return end - start > before
  }

  private func makeRoom() {
    guard start > 0 else {
      buffer.append(contentsOf: repeatElement(0, count: buffer.count))
      return
    }
    buffer.withUnsafeMutableBytes { bytes in
      let rest = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<end])
      UnsafeMutableRawBufferPointer(rebasing: bytes[..<rest.count]).copyMemory(from: rest)
    }
    end -= start
    start = 0
  }
}
