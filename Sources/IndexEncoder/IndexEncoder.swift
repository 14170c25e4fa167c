/// # Index encoder
///
/// Keys whose bytes sort as the tuples they stand for. A key is the concatenation of its fields, optionally behind a
/// numeric prefix that is written like a UINT field. No field's encoding is a proper prefix of another encoding of
/// the same type, so comparing two keys byte by byte compares their fields one after the other.
///
/// | type | bytes |
/// |---|---|
/// | UINT n | n ≤ 0xfb: one byte; ≤ 0xffff: `fc` and 2 bytes; ≤ 0xffffffff: `fd` and 4; ≤ 2^53 − 1: `fe` and 8; +∞: `ff` |
/// | BUFFER | `00`, the data with every `00` written as `00 02`, then `00 01` |
/// | STRING | BUFFER of the UTF-8 bytes |
/// | BOOL | UINT 1 or 0 |
///
/// Integers are **big endian** and the one-byte limit is 0xfb: both differ from the compact `uint`. Null counts as 0,
/// as false, or as empty; a missing (undefined) UINT is refused.
///
/// **Short tuples.** Fewer values than declared fields may be encoded; only those are written. As a bound of a range
/// a short tuple stands for all longer tuples that begin with it: `gte` and `lt` use its bytes as they are, `gt` and
/// `lte` append one byte `ff`, which lies behind every field encoding. With a prefix p a missing lower bound becomes
/// `gte` UINT(p) and a missing upper bound `lt` UINT(p + 1).
///
/// **Sub-encoder.** A byte prefix in front of keys of another encoding: parent's prefix, name, `00`. Ranges are
/// confined to the prefix: a missing lower bound is `gte` prefix, a missing upper bound `lt` the prefix with its last
/// byte `00` replaced by `01`.
///
/// Source: spec 04 §2.

/// A tuple layout: types of the fields and the prefix, if any.
public struct IndexEncoder: Sendable, Hashable {
  /// Types of the fields, in key order.
  public let types: [IndexType]
  /// The number in front of every key, or nil for none.
  public let prefix: UInt64?

  /// A layout of the given field types.
  public init(_ types: [IndexType], prefix: UInt64? = nil) {
    self.types = types
    self.prefix = prefix
  }

  /// The key of a tuple of at most as many values as there are fields.
  ///
  /// - Throws: ``IndexError/invalidNumber(_:)`` for a UINT that is missing, no number, or above 2^53 − 1;
  ///   ``IndexError/invalidValue(expected:found:)`` for any other value of the wrong kind.
  public func encode(_ values: [IndexValue]) throws(IndexError) -> [UInt8] {
    var key = IndexKeyWriter(prefix: prefix)
    for (type, value) in zip(types, values) { try key.append(value, as: type) }
    return key.bytes
  }

  /// The tuple of a key. Fields behind the end of the key are 0 for UINT and null for the other types.
  ///
  /// - Throws: an ``IndexError`` that names what is malformed.
  public func decode(_ key: [UInt8]) throws(IndexError) -> [IndexValue] {
    var reader = IndexKeyReader(key)
    if prefix != nil { _ = try reader.uint() }
    var values: [IndexValue] = []
    values.reserveCapacity(types.count)
    for type in types { values.append(try reader.value(of: type)) }
    return values
  }

  /// The byte range of a tuple range.
  ///
  /// - Throws: as ``encode(_:)`` for a bound.
  public func encode(_ range: Bounds<[IndexValue]>) throws(IndexError) -> KeyRange {
    var result = KeyRange()
    if let bound = range.gt { result.gt = try closed(bound) }
    if let bound = range.gte { result.gte = try encode(bound) }
    if let bound = range.lt { result.lt = try encode(bound) }
    if let bound = range.lte { result.lte = try closed(bound) }
    confine(&result)
    return result
  }

  /// Fills in the bounds that a prefix implies where `range` has none.
  public func confine(_ range: inout KeyRange) {
    guard let prefix else { return }
    if range.gt == nil, range.gte == nil { range.gte = IndexKeyWriter(prefix: prefix).bytes }
    if range.lt == nil, range.lte == nil { range.lt = IndexKeyWriter(prefix: prefix + 1).bytes }
  }

  /// A bound that lies behind every longer tuple with this beginning.
  private func closed(_ values: [IndexValue]) throws(IndexError) -> [UInt8] {
    var bytes = try encode(values)
    if values.count < types.count { bytes.append(0xff) }
    return bytes
  }
}
