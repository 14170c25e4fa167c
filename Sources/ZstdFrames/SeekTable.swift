/// Where the frames of a file begin: the last frame of a seekable file, skippable, in the format of the zstd project.
///
/// ```
/// u32le 0x184d2a5e ‖ u32le size of the rest
///   ‖ for each frame: u32le bytes in the file ‖ u32le bytes of content
///   ‖ u32le number of frames ‖ flags(1), 0 ‖ u32le 0x8f92eab1
/// ```
public struct SeekTable: Sendable, Equatable {
  /// A frame.
  public struct Frame: Sendable, Equatable {
    /// Bytes in the file.
    public var size: UInt32
    /// Bytes of content.
    public var contentSize: UInt32
  }

  private static let skippableMagic: UInt32 = 0x184d_2a5e
  private static let seekableMagic: UInt32 = 0x8f92_eab1
  private static let headerSize = 8
  /// Bytes at the very end, from which a reader finds the table.
  public static let footerSize = 9

  /// The frames before the table, in order.
  public private(set) var frames: [Frame] = []

  /// A table without frames.
  public init() {}

  /// Adds a frame.
  public mutating func append(size: Int, contentSize: Int) {
    frames.append(Frame(size: UInt32(size), contentSize: UInt32(contentSize)))
  }

  /// The table as a frame.
  public func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.headerSize + 8 * frames.count + Self.footerSize)
    func put(_ value: UInt32) { for i in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt32(i)))) } }
    put(Self.skippableMagic)
    put(UInt32(8 * frames.count + Self.footerSize))
    for frame in frames {
      put(frame.size)
      put(frame.contentSize)
    }
    put(UInt32(frames.count))
    bytes.append(0)
    put(Self.seekableMagic)
    return bytes
  }

  /// Bytes of the whole table, as its last ``footerSize`` bytes tell; nil when they are not the end of one.
  public static func size(footer: [UInt8]) -> UInt64? {
    guard footer.count == footerSize, word(footer, 5) == seekableMagic, footer[4] & 0x7f == 0 else { return nil }
    return UInt64(headerSize + footerSize) + UInt64(word(footer, 0)) * (footer[4] == 0 ? 8 : 12)
  }

  /// Reads a table; nil when the bytes are not one.
  public init?(_ bytes: [UInt8]) {
    let count = bytes.count
    guard count >= Self.headerSize + Self.footerSize, Self.word(bytes, 0) == Self.skippableMagic,
      UInt64(Self.word(bytes, 4)) == UInt64(count - Self.headerSize),
      Self.size(footer: Array(bytes.suffix(Self.footerSize))) == UInt64(count)
    else { return nil }
    // Entries of 12 bytes have a checksum each, which the frames have themselves.
    let width = bytes[count - Self.footerSize + 4] == 0 ? 8 : 12
    for start in stride(from: Self.headerSize, to: count - Self.footerSize, by: width) {
      frames.append(Frame(size: Self.word(bytes, start), contentSize: Self.word(bytes, start + 4)))
    }
  }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
  }
}
