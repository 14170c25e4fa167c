public import CompactEncoding

/// A signature over the first ``length`` blocks of a view core.
///
/// Encoded as `signature fixed64, length uint` (spec 03 §2.1).
public struct IndexCheckpoint: Sendable, Hashable {
  /// 64 bytes of Ed25519 over the tree signable at ``length``.
  public var signature: [UInt8]
  /// Number of signed blocks.
  public var length: UInt64

  /// A signature over `length` blocks.
  public init(signature: [UInt8], length: UInt64) {
    self.signature = signature
    self.length = length
  }
}

extension IndexCheckpoint: CompactCodable {
  public func measure(_ size: inout Size) {
    size.fixed64()
    size.uint(length)
  }

  public func encode(into writer: inout Writer) {
    writer.fixed64(signature)
    writer.uint(length)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    signature = try reader.fixed64()
    length = try reader.uint()
  }
}

/// A checkpoint of one view core, either inline or as a pointer to an earlier block of the same writer.
///
/// Encoded as `flags u8 {1: pointer, 2: inline} [pointer uint] [checkpoint]` (spec 03 §2.1).
public struct Checkpointer: Sendable, Hashable {
  /// How many blocks back the inline checkpoint is; 0 when it is here.
  public var pointer: UInt64
  /// The checkpoint, when it is here.
  public var checkpoint: IndexCheckpoint?

  /// A pointer, or an inline checkpoint when `pointer` is 0.
  public init(pointer: UInt64 = 0, checkpoint: IndexCheckpoint? = nil) {
    self.pointer = pointer
    self.checkpoint = checkpoint
  }

  /// The form of oplog versions 0 and 1: `pointer uint`, and when it is 0 the checkpoint.
  init(legacyFrom reader: inout Reader) throws(DecodingError) {
    pointer = try reader.uint()
    checkpoint = pointer == 0 ? try reader.value() : nil
  }

  static func legacyList(from reader: inout Reader) throws(DecodingError) -> [Checkpointer] {
    var list: [Checkpointer] = []
    for _ in 0..<(try reader.count()) { list.append(try Checkpointer(legacyFrom: &reader)) }
    return list
  }
}

extension Checkpointer: CompactCodable {
  public func measure(_ size: inout Size) {
    size.byte()
    if pointer > 0 { size.uint(pointer) }
    if let checkpoint { size.value(checkpoint) }
  }

  public func encode(into writer: inout Writer) {
    writer.uint8((pointer > 0 ? 1 : 0) | (checkpoint == nil ? 0 : 2))
    if pointer > 0 { writer.uint(pointer) }
    if let checkpoint { writer.value(checkpoint) }
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try reader.uint8()
    pointer = flags & 1 == 0 ? 0 : try reader.uint()
    checkpoint = flags & 2 == 0 ? nil : try reader.value()
  }
}

/// What an indexer tells about its signatures: one ``Checkpointer`` for each signed core (spec 03 §2.2).
///
/// Encoded as `flags uint {1: system, 2: encryption, 4: user} [system] [encryption] [user array]`, framed in messages.
public struct Checkpoint: Sendable, Hashable {
  /// The system core; absent while the writer has never signed it.
  public var system: Checkpointer?
  /// The encryption core.
  public var encryption: Checkpointer?
  /// The user views, in the order of the system's view list; absent while none was ever signed.
  public var user: [Checkpointer]?

  /// A checkpoint of the given parts.
  public init(system: Checkpointer? = nil, encryption: Checkpointer? = nil, user: [Checkpointer]? = nil) {
    self.system = system
    self.encryption = encryption
    self.user = user
  }
}

extension Checkpoint: CompactCodable {
  public func measure(_ size: inout Size) {
    size.uint(flags)
    if let system { size.value(system) }
    if let encryption { size.value(encryption) }
    if let user { size.array(user) }
  }

  public func encode(into writer: inout Writer) {
    writer.uint(flags)
    if let system { writer.value(system) }
    if let encryption { writer.value(encryption) }
    if let user { writer.array(user) }
  }

  private var flags: UInt64 {
    (system == nil ? 0 : 1) | (encryption == nil ? 0 : 2) | (user == nil ? 0 : 4)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try reader.uint()
    system = flags & 1 == 0 ? nil : try reader.value()
    encryption = flags & 2 == 0 ? nil : try reader.value()
    user = flags & 4 == 0 ? nil : try reader.array()
  }
}
