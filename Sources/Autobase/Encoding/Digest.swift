public import CompactEncoding

/// Which system core a writer is on: its key inline, or a pointer to the writer's block that names it.
///
/// Encoded as `flags uint {1: pointer, 2: key} [pointer uint] [key fixed32]` (spec 03 §2.1).
public struct Digest: Sendable, Hashable {
  /// How many blocks back the key is; 0 when it is here.
  public var pointer: UInt64
  /// The system core's key, when it is here.
  public var key: Fixed32?

  /// A pointer, or a key when `pointer` is 0.
  public init(pointer: UInt64 = 0, key: Fixed32? = nil) {
    self.pointer = pointer
    self.key = key
  }

  /// The form of oplog version 1: `pointer uint`, and when it is 0 the key.
  init(legacyFrom reader: inout Reader) throws(DecodingError) {
    pointer = try reader.uint()
    key = pointer == 0 ? try reader.fixed32() : nil
  }
}

extension Digest: CompactCodable {
  public func measure(_ size: inout Size) {
    size.uint(flags)
    if pointer > 0 { size.uint(pointer) }
    if key != nil { size.fixed32() }
  }

  public func encode(into writer: inout Writer) {
    writer.uint(flags)
    if pointer > 0 { writer.uint(pointer) }
    if let key { writer.fixed32(key) }
  }

  private var flags: UInt64 { (pointer > 0 ? 1 : 0) | (key == nil ? 0 : 2) }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try reader.uint()
    pointer = flags & 1 == 0 ? 0 : try reader.uint()
    key = flags & 2 == 0 ? nil : try reader.fixed32()
  }
}
