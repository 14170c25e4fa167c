public import CompactEncoding

/// The key of a writer to add or remove: `@registry/writer`, a `buffer` of any length.
public struct WriterKey: Sendable, Hashable {
  /// The bytes; only 32 of them are a key.
  public var bytes: [UInt8]

  /// A writer's key.
  public init(_ key: Fixed32) { bytes = key.bytes }

  /// The key, unless its length is wrong.
  public var key: Fixed32? { Fixed32(bytes) }
}

extension WriterKey: CompactEncodable, CompactDecodable {
  /// Adds the size of the key behind its length.
  public func measure(_ size: inout Size) { size.buffer(bytes) }
  /// Writes the key behind its length.
  public func encode(into writer: inout Writer) { writer.buffer(bytes) }
  /// Reads a key of any length.
  public init(from reader: inout Reader) throws(DecodingError) { bytes = try reader.buffer() }
}

/// The name of an entry: `@registry/entry-name`, a `string`.
public struct EntryName: Sendable, Hashable {
  /// The name.
  public var name: String

  /// A name.
  public init(_ name: String) { self.name = name }
}

extension EntryName: CompactEncodable, CompactDecodable {
  /// Adds the size of the name.
  public func measure(_ size: inout Size) { size.string(name) }
  /// Writes the name.
  public func encode(into writer: inout Writer) { writer.string(name) }
  /// Reads a name.
  public init(from reader: inout Reader) throws(DecodingError) { name = try reader.string() }
}

/// The key of a drive: `@registry/drive-key`, 32 bytes.
public struct DriveKey: Sendable, Hashable {
  /// The key.
  public var key: Fixed32

  /// A drive's key.
  public init(_ key: Fixed32) { self.key = key }
}

extension DriveKey: CompactEncodable, CompactDecodable {
  /// Adds 32 bytes.
  public func measure(_ size: inout Size) { size.fixed32() }
  /// Writes the key.
  public func encode(into writer: inout Writer) { writer.fixed32(key) }
  /// Reads a key.
  public init(from reader: inout Reader) throws(DecodingError) { key = try reader.fixed32() }
}

/// The entry that was asked for, or none: `@registry/entry-result`, flags byte (1 entry) ‖ [framed entry].
public struct EntryResult: Sendable, Hashable {
  /// The entry, nil when there is none.
  public var entry: Entry?

  /// An answer.
  public init(_ entry: Entry?) { self.entry = entry }
}

extension EntryResult: CompactEncodable, CompactDecodable {
  /// Adds the size of the answer.
  public func measure(_ size: inout Size) {
    size.byte()
    if let entry { size.frame(entry) }
  }

  /// Writes the answer.
  public func encode(into writer: inout Writer) {
    writer.uint8(entry == nil ? 0 : 1)
    if let entry { writer.frame(entry) }
  }

  /// Reads an answer.
  public init(from reader: inout Reader) throws(DecodingError) {
    entry = try reader.uintUnchecked() & 1 == 0 ? nil : try reader.frame()
  }
}
