import CompactEncoding

/// Where a field lies in records of one struct: the position of the outermost one and, for a dotted path, the names
/// below it.
struct FieldPath: Sendable {
  let position: Int
  let name: String
  let below: [String]

  /// The value among those of a record, in the order of the struct.
  @inline(__always)
  func value(in values: [Value]) -> Value { below.isEmpty ? values[position] : descend(values[position]) }

  /// The value in anything that names its members.
  func value(in object: Value) -> Value { descend(object[name]) }

  private func descend(_ value: Value) -> Value { below.reduce(value) { $0[$1] } }

  /// Stores a value among those of a record.
  func set(_ value: Value, in values: inout [Value]) {
    values[position] = below.isEmpty ? value : FieldPath.insert(value, at: below[...], into: values[position])
  }

  /// Stores a value in an object that holds nothing but keys.
  func set(_ value: Value, in object: inout Value) {
    object = FieldPath.insert(value, at: ([name] + below)[...], into: object)
  }

  private static func insert(_ value: Value, at path: ArraySlice<String>, into object: Value) -> Value {
    guard let name = path.first else { return value }
    var record = object.record ?? Record(layout: Record.Layout([]), values: [])
    record[name] = insert(value, at: path.dropFirst(), into: record[name])
    return .object(record)
  }
}
