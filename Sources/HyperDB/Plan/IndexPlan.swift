import CompactEncoding
import IndexEncoder

/// An index, ready for use.
final class IndexPlan: Sendable {
  let name: String
  let collection: Int
  let version: UInt64
  /// The whole key: index fields, then the primary key unless the index is unique.
  let key: KeyPlan
  /// The code that gives the index fields, nil when they are fields of the record.
  let map: DatabaseSchema.Map?
  /// Number of index fields in front of the primary key. Bounds of a range may name only these when they are mapped.
  let mappedCount: Int
  /// Whether two changes of one transaction can write the same key.
  let mayCollide: Bool

  init(
    name: String, collection: Int, version: UInt64, key: KeyPlan, map: DatabaseSchema.Map?,
    mappedCount: Int, mayCollide: Bool
  ) {
    self.name = name
    self.collection = collection
    self.version = version
    self.key = key
    self.map = map
    self.mappedCount = mappedCount
    self.mayCollide = mayCollide
  }

  /// The keys of a record, in the order in which the map gives them.
  ///
  /// - Parameters:
  ///   - values: the values of the record in the order of its struct.
  ///   - record: the record itself.
  func keys(_ values: [Value], _ record: @autoclosure () -> Value, context: Value) throws -> [[UInt8]] {
    guard let map else { return [try key.encode(values)] }
    var keys: [[UInt8]] = []
    for element in try map(record(), context) {
      var key = IndexKeyWriter(prefix: self.key.id, capacity: 64)
      for field in self.key.fields[..<mappedCount] { try key.append(field.value(in: element), as: field.type) }
      for field in self.key.fields[mappedCount...] {
        try key.append(field.path?.value(in: values) ?? .undefined, as: field.type)
      }
      keys.append(key.bytes)
    }
    return keys
  }
}
