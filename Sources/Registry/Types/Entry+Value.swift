public import CompactEncoding

extension Entry {
  /// The entry as a dynamic value of ``RegistrySpecification/entryLayout``.
  public var value: Value {
    .object(
      Record(
        layout: RegistrySpecification.entryLayout,
        values: [
          .string(name), .fixed32(driveKey), .string(type), description.map { .string($0) } ?? .null,
          owner.map { .string($0) } ?? .null,
        ]))
  }

  /// The entry that a dynamic value holds, or nil when it is none. Members that an entry has not are ignored.
  public init?(_ value: Value) {
    guard case .object(let record) = value else { return nil }
    let values =
      record.layout.names == RegistrySpecification.entryLayout.names
      ? record.values : RegistrySpecification.entryLayout.names.map { record[$0] }
    guard let name = values[0].string, let driveKey = values[1].fixed32, let type = values[2].string else { return nil }
    self.init(name: name, driveKey: driveKey, type: type, description: values[3].string, owner: values[4].string)
  }
}
