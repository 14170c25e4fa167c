import CompactEncoding
import Hyperschema
import IndexEncoder

/// A collection, ready for use.
final class CollectionPlan: Sendable {
  let name: String
  let structure: String
  let key: KeyPlan
  /// The encoding of a record without its key.
  let encoding: Encoding
  let layout: Record.Layout
  /// The version that new records name; nil when values carry none.
  let writtenVersion: UInt64?
  /// Where the version of a record is kept inside it.
  let versionField: FieldPath?

  init(
    name: String, structure: String, key: KeyPlan, encoding: Encoding, layout: Record.Layout, writtenVersion: UInt64?,
    versionField: FieldPath?
  ) {
    self.name = name
    self.structure = structure
    self.key = key
    self.encoding = encoding
    self.layout = layout
    self.writtenVersion = writtenVersion
    self.versionField = versionField
  }

  /// The values of a record's fields in the order of its struct.
  @inline(__always)
  func arrange(_ record: Value) throws -> [Value] {
    guard case .object(let object) = record else {
      throw DatabaseError.invalidQuery("a record of \(name) is an object, not \(record.kind)")
    }
    var values = object.layout === layout ? object.values : layout.names.map { object[$0] }
    if let versionField { versionField.set(.unsigned(writtenVersion ?? 0), in: &values) }
    return values
  }

  /// The stored value of a record.
  func encode(_ values: [Value]) throws -> [UInt8] {
    let record = Value.object(Record(layout: layout, values: values))
    guard versionField == nil, let writtenVersion else { return try encoding.encode(record) }
    var prefix: [UInt8] = [0]
    prefix.append(contentsOf: Writer.bytes(count: uintSize(writtenVersion)) { $0.uint(writtenVersion) })
    return try encoding.encode(record, after: prefix)
  }

  /// The record of a stored key and value, and the version it was written at.
  func decode(key bytes: [UInt8], value: [UInt8]) throws -> (record: Record, version: UInt64) {
    var version: UInt64 = 0
    var reader = Reader(value.span.bytes)
    if versionField == nil, writtenVersion != nil {
      let kind = try reader.uint()
      guard kind == 0 else { throw DatabaseError.unknownRecordKind(kind) }
      version = try reader.uint()
    }
    guard case .object(let decoded) = try encoding.decode(from: &reader) else {
      throw DatabaseError.invalidKey("\(name) is not a collection of objects")
    }
    var values = decoded.values
    var keys = IndexKeyReader(bytes)
    _ = try keys.uint()
    for field in key.fields { field.path?.set(try keys.dynamicValue(of: field.type), in: &values) }
    if let versionField { version = versionField.value(in: values).unsigned ?? 0 }
    return (Record(layout: layout, values: values), version)
  }

  /// The key fields of a stored key, as an object.
  func decode(key bytes: [UInt8]) throws -> Value {
    var object = Value.object(Record(layout: Record.Layout([]), values: []))
    for (field, value) in zip(key.fields, try key.decode(bytes)) { field.path?.set(value, in: &object) }
    return object
  }
}
