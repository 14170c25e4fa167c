public import CompactEncoding

/// A block of an input or output in the newer layout, in which a log has each key once and clocks point to it.
///
/// ```
/// fields u8 {1 keys, 2 header, 4 change, 8 batch, 16 clock, 32 operations}
/// [keys array of fixed32] [header: uint 1, string protocol] [change pointer] [batch: index uint, rest uint]
/// [clock array of (pointer, seq uint)] [operations uint] value buffer
///
/// pointer  seq uint, offset uint: key number offset in the list of keys of block seq of the same log
/// ```
///
/// In inputs, the first block of a batch has the new keys and the last one the clock; a value on its own has no batch
/// field. Outputs have all fields in every block, keys and header where needed. Writers in JavaScript leave one byte
/// of any content behind blocks without new keys; bytes behind the last field are ignored, and none are written.
public struct Alpha9Block: Hashable, Sendable {
  enum Fields {
    static let keys: UInt8 = 1
    static let header: UInt8 = 2
    static let change: UInt8 = 4
    static let batch: UInt8 = 8
    static let clock: UInt8 = 16
    static let operations: UInt8 = 32
  }

  /// Keys that this block has in full.
  public var keys: [Fixed32] = []
  /// The protocol, in block 0.
  public var header: String?
  /// The input that caused it; in outputs only.
  public var change: KeyPointer?
  /// Its place in its batch; nil for a value on its own.
  public var batch: BatchPosition?
  /// The clock, as it is written.
  public var clock: [PointedClockEntry]?
  /// How many entries the clock covers; in outputs only.
  public var operations: UInt64?
  /// The application's bytes.
  public var value: [UInt8]

  /// A block with a value; the other fields are set afterwards.
  public init(value: [UInt8]) { self.value = value }

  /// Only the keys of an encoded block.
  public static func keys(of block: [UInt8]) throws(DecodingError) -> [Fixed32] {
    var reader = Reader(block.span.bytes)
    guard try reader.uint8() & Fields.keys != 0 else { return [] }
    return try reader.array(minimumSize: 32)
  }

  private var fields: UInt8 {
    (keys.isEmpty ? 0 : Fields.keys) | (header == nil ? 0 : Fields.header) | (change == nil ? 0 : Fields.change)
      | (batch == nil ? 0 : Fields.batch) | (clock == nil ? 0 : Fields.clock)
      | (operations == nil ? 0 : Fields.operations)
  }
}

extension Alpha9Block: CompactCodable {
  public func measure(_ size: inout Size) {
    size.byte()
    if !keys.isEmpty { size.array(keys) }
    if let header { size.nodeHeader(header) }
    if let change { size.value(change) }
    if let batch { size.value(batch) }
    if let clock { size.array(clock) }
    if let operations { size.uint(operations) }
    size.buffer(value)
  }

  public func encode(into writer: inout Writer) {
    writer.uint8(fields)
    if !keys.isEmpty { writer.array(keys) }
    if let header { writer.nodeHeader(header) }
    if let change { writer.value(change) }
    if let batch { writer.value(batch) }
    if let clock { writer.array(clock) }
    if let operations { writer.uint(operations) }
    writer.buffer(value)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let fields = try reader.uint8()
    keys = fields & Fields.keys == 0 ? [] : try reader.array(minimumSize: 32)
    header = fields & Fields.header == 0 ? nil : try reader.nodeHeader()
    change = fields & Fields.change == 0 ? nil : try reader.value()
    batch = fields & Fields.batch == 0 ? nil : try reader.value()
    clock = fields & Fields.clock == 0 ? nil : try reader.array(minimumSize: PointedClockEntry.minimumSize)
    operations = fields & Fields.operations == 0 ? nil : try reader.uint()
    value = try reader.buffer()
  }
}
