public import CompactEncoding

/// An operation of the registry, as a writer appends it to its log: `uint` id ‖ request.
///
/// | id | name | request |
/// |---|---|---|
/// | 0 | `@registry/add-writer` | ``WriterKey`` |
/// | 1 | `@registry/put-entry` | ``Entry`` |
/// | 2 | `@registry/remove-writer` | ``WriterKey`` |
/// | 3 | `@registry/delete-entry` | ``EntryName`` |
public enum RegistryOperation: Sendable, Hashable {
  /// Makes a key a writer and an indexer.
  case addWriter(WriterKey)
  /// Sets the entry of a name.
  case putEntry(Entry)
  /// Ends the membership of a writer.
  case removeWriter(WriterKey)
  /// Removes the entry of a name.
  case deleteEntry(EntryName)

  /// The number in front of the message.
  public var id: UInt64 {
    switch self {
    case .addWriter: 0
    case .putEntry: 1
    case .removeWriter: 2
    case .deleteEntry: 3
    }
  }
}

extension RegistryOperation: CompactEncodable, CompactDecodable {
  private var request: any CompactEncodable {
    switch self {
    case .addWriter(let key), .removeWriter(let key): key
    case .putEntry(let entry): entry
    case .deleteEntry(let name): name
    }
  }

  /// Adds the size of the operation.
  public func measure(_ size: inout Size) {
    size.uint(id)
    request.measure(&size)
  }

  /// Writes the operation.
  public func encode(into writer: inout Writer) {
    writer.uint(id)
    request.encode(into: &writer)
  }

  /// Reads an operation.
  ///
  /// - Throws: `unknown` for an id that is not in the table.
  public init(from reader: inout Reader) throws(DecodingError) {
    let id = try reader.uint()
    switch id {
    case 0: self = .addWriter(try reader.value())
    case 1: self = .putEntry(try reader.value())
    case 2: self = .removeWriter(try reader.value())
    case 3: self = .deleteEntry(try reader.value())
    default: throw .unknown(what: "operation", value: id)
    }
  }
}
