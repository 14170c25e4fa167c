public import CompactEncoding

/// One applied node or batch that is not indexed yet, kept in the local log's local records so that a restart need not
/// apply it again.
///
/// Encoded as `key fixed32 · length uint · batch uint · systemLength uint · flags uint {1: indexers}`
/// (spec 03 §2.6).
public struct LinearizerUpdate: Sendable, Hashable {
  /// The writer.
  public var key: Fixed32
  /// The length of the batch's last node.
  public var length: UInt64
  /// Number of nodes the record covers.
  public var batch: UInt64
  /// Length of the system core after this node's flush.
  public var systemLength: UInt64
  /// Whether it changed the set of indexers.
  public var indexers: Bool

  /// A record.
  public init(key: Fixed32, length: UInt64, batch: UInt64, systemLength: UInt64, indexers: Bool) {
    self.key = key
    self.length = length
    self.batch = batch
    self.systemLength = systemLength
    self.indexers = indexers
  }

  /// The key of record `sequence`: the prefix 1 and the number, both in the index encoding of unsigned integers, so
  /// that keys sort like numbers.
  public static func recordKey(sequence: UInt64) -> [UInt8] {
    let bytes = withUnsafeBytes(of: sequence.bigEndian) { [UInt8]($0) }
    return switch sequence {
    case ...0xfb: [1, UInt8(sequence)]
    case ...0xffff: [1, 0xfc] + bytes[6...]
    case ...0xffff_ffff: [1, 0xfd] + bytes[4...]
    default: [1, 0xfe] + bytes
    }
  }

  /// The number in a record's key; nil when it is no such key.
  public static func sequence(ofRecordKey key: [UInt8]) -> UInt64? {
    guard key.count >= 2, key[0] == 1 else { return nil }
    let width: Int
    switch key[1] {
    case ...0xfb: return key.count == 2 ? UInt64(key[1]) : nil
    case 0xfc: width = 2
    case 0xfd: width = 4
    case 0xfe: width = 8
    default: return nil
    }
    guard key.count == 2 + width else { return nil }
    return key[2...].reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension LinearizerUpdate: CompactCodable {
  public func measure(_ size: inout Size) {
    size.fixed32()
    size.uint(length)
    size.uint(batch)
    size.uint(systemLength)
    size.uint(indexers ? 1 : 0)
  }

  public func encode(into writer: inout Writer) {
    writer.fixed32(key)
    writer.uint(length)
    writer.uint(batch)
    writer.uint(systemLength)
    writer.uint(indexers ? 1 : 0)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    key = try reader.fixed32()
    length = try reader.uint()
    batch = try reader.uint()
    systemLength = try reader.uint()
    indexers = try reader.uint() & 1 != 0
  }
}
