public import CompactEncoding

/// A block of an input or output in the older layout, in which clocks have keys in full.
///
/// ```
/// input   header · clock · value buffer · batch
/// output  header · change fixed32 · clock · value buffer · batch
///
/// header  uint 0, or uint 1 and string protocol (block 0 only)
/// clock   array of (key fixed32, seq uint), by key; count 0 when there is none
/// batch   index uint, rest uint
/// ```
///
/// In inputs only the last block of a batch has a clock, and the entry of the own input is left out. Bytes behind the
/// last field are ignored.
public struct Alpha8Block: Hashable, Sendable {
  /// The protocol, in block 0.
  public var header: String?
  /// The input that caused it; in outputs only.
  public var change: Fixed32?
  /// The clock as it is written, by key.
  public var clock: [ClockEntry]
  /// The application's bytes.
  public var value: [UInt8]
  /// Its place in its batch.
  public var batch: BatchPosition

  /// A block with all its fields; the clock in any order.
  public init(
    header: String? = nil, change: Fixed32? = nil, clock: [ClockEntry] = [], value: [UInt8],
    batch: BatchPosition = .init()
  ) {
    self.header = header
    self.change = change
    self.clock = clock.sorted { $0.key < $1.key }
    self.value = value
    self.batch = batch
  }

  /// Decodes a block of a log with the given role.
  public init(decoding block: [UInt8], role: NodeProtocol) throws(DecodingError) {
    var reader = Reader(block.span.bytes)
    header = try reader.nodeHeader()
    change = role == .output ? try reader.fixed32() : nil
    clock = try reader.array(minimumSize: ClockEntry.minimumSize)
    value = try reader.buffer()
    batch = try reader.value()
  }
}

extension Alpha8Block: CompactEncodable {
  public func measure(_ size: inout Size) {
    size.nodeHeader(header)
    if change != nil { size.fixed32() }
    size.array(clock)
    size.buffer(value)
    size.value(batch)
  }

  public func encode(into writer: inout Writer) {
    writer.nodeHeader(header)
    if let change { writer.fixed32(change) }
    writer.array(clock)
    writer.buffer(value)
    writer.value(batch)
  }
}
