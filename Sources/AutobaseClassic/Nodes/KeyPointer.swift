public import CompactEncoding

/// A key by the place where its log has it in full: key number ``offset`` in the list of keys of block ``seq``.
///
/// Encoded as `seq uint, offset uint`.
public struct KeyPointer: Hashable, Sendable {
  /// The block that has the key.
  public var seq: UInt64
  /// Its place in that block's list of keys.
  public var offset: UInt64

  /// A pointer with both fields.
  public init(seq: UInt64, offset: UInt64) {
    self.seq = seq
    self.offset = offset
  }
}

extension KeyPointer: CompactCodable {
  public func measure(_ size: inout Size) {
    size.uint(seq)
    size.uint(offset)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(seq)
    writer.uint(offset)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    seq = try reader.uint()
    offset = try reader.uint()
  }
}

/// One entry of a clock in a block with key pointers.
///
/// Encoded as `pointer, seq uint`.
public struct PointedClockEntry: Hashable, Sendable {
  /// Where the key of the input is.
  public var pointer: KeyPointer
  /// The newest entry that is covered.
  public var seq: UInt64

  /// An entry with both fields.
  public init(pointer: KeyPointer, seq: UInt64) {
    self.pointer = pointer
    self.seq = seq
  }

  static let minimumSize = 3
}

extension PointedClockEntry: CompactCodable {
  public func measure(_ size: inout Size) {
    size.value(pointer)
    size.uint(seq)
  }

  public func encode(into writer: inout Writer) {
    writer.value(pointer)
    writer.uint(seq)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    pointer = try reader.value()
    seq = try reader.uint()
  }
}
