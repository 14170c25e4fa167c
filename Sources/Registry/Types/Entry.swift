public import CompactEncoding

/// A model in the registry: `@registry/entry`.
///
/// `name` ‖ 32 bytes `driveKey` ‖ `type` ‖ flags byte (1 description, 2 owner) ‖ [`description`] ‖ [`owner`], texts as
/// `string`. An empty description or owner is the same as none.
public struct Entry: Sendable, Hashable {
  /// The name, unique in the registry.
  public var name: String
  /// The key of the drive that holds the model.
  public var driveKey: Fixed32
  /// The kind of model.
  public var type: String
  /// A description for people, or nil.
  public var description: String?
  /// Who answers for the model, or nil.
  public var owner: String?

  /// An entry. Empty texts of optional fields count as nil.
  public init(name: String, driveKey: Fixed32, type: String, description: String? = nil, owner: String? = nil) {
    self.name = name
    self.driveKey = driveKey
    self.type = type
    self.description = description.present
    self.owner = owner.present
  }
}

extension Entry: CompactEncodable, CompactDecodable {
  /// Adds the size of the entry.
  public func measure(_ size: inout Size) {
    size.string(name)
    size.fixed32()
    size.string(type)
    size.byte()
    if let description = description.present { size.string(description) }
    if let owner = owner.present { size.string(owner) }
  }

  /// Writes the entry.
  public func encode(into writer: inout Writer) {
    writer.string(name)
    writer.fixed32(driveKey)
    writer.string(type)
    writer.uint8((description.present == nil ? 0 : 1) | (owner.present == nil ? 0 : 2))
    if let description = description.present { writer.string(description) }
    if let owner = owner.present { writer.string(owner) }
  }

  /// Reads an entry.
  public init(from reader: inout Reader) throws(DecodingError) {
    name = try reader.string()
    driveKey = try reader.fixed32()
    type = try reader.string()
    let flags = try reader.uintUnchecked()
    description = flags & 1 == 0 ? nil : try reader.string()
    owner = flags & 2 == 0 ? nil : try reader.string()
  }
}

extension String? {
  /// The text unless it is empty: formats do not tell an empty optional text from none.
  var present: String? { self?.isEmpty == true ? nil : self }
}
