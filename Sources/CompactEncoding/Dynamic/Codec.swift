import JSON

/// A type of the compact encoding, composed at run time.
///
/// Its text form is that of the reference's calls: `uint`, `array(string)`, `frame(array(uint))`, `fixed(3)`,
/// `record(string,uint)`.
public indirect enum Codec: Sendable, Hashable {
  /// A type without parameters.
  case primitive(Primitive)
  /// Bytes of a fixed length.
  case fixed(Int)
  /// A bit field of up to 64 bits.
  case bitfield(Int)
  /// Items behind their count.
  case array(Codec)
  /// An item behind its length in bytes.
  case frame(Codec)
  /// Pairs of a key and a value behind their count. Keys are the member names of an object.
  case record(Codec, Codec)
}

extension Codec {
  /// The encoded bytes of a value.
  ///
  /// - Throws: ``EncodingError`` when the value does not fit the type.
  public func encode(_ value: Value) throws(EncodingError) -> [UInt8] {
    var size = Size()
    try measure(value, &size)
    return Writer.bytes(count: size.count) { encode(value, into: &$0) }
  }

  /// The value at the start of `bytes`. Trailing bytes are ignored.
  public func decode(_ bytes: [UInt8]) throws(DecodingError) -> Value {
    var reader = Reader(bytes.span.bytes)
    return try decode(from: &reader)
  }

  /// The fewest bytes that a value takes.
  public var minimumSize: Int {
    switch self {
    case .primitive(let primitive): primitive.minimumSize
    case .fixed(let count): count
    case .bitfield(let length): bitfieldSize(length: length)
    case .array, .record: 1
    case .frame(let item): 1 + item.minimumSize
    }
  }

  /// Adds the number of bytes that ``encode(_:into:)`` will write.
  ///
  /// - Throws: ``EncodingError`` when the value does not fit the type. A value that was measured can be encoded.
  public func measure(_ value: Value, _ size: inout Size) throws(EncodingError) {
    switch self {
    case .primitive(let primitive): try primitive.measure(value, &size)
    case .fixed(let count): size.raw(try value.bytesValue(count: count).count)
    case .bitfield(let length):
      // A byte above 0xfc would be read as the beginning of a longer number.
      guard try value.safeUnsigned() >> UInt64(length) == 0 else { throw .tooLarge }
      size.bitfield(length: length)
    case .array(let item):
      let items = try value.arrayValue()
      size.uint(UInt64(items.count))
      for value in items { try item.measure(value, &size) }
    case .frame(let item):
      var inner = Size()
      try item.measure(value, &inner)
      size.uint(UInt64(inner.count))
      size.raw(inner.count)
    case .record(let key, let item):
      let record = try value.recordValue()
      size.uint(UInt64(record.count))
      for (name, value) in record.members {
        try key.measure(key.keyValue(name), &size)
        try item.measure(value, &size)
      }
    }
  }

  /// Writes `value`, which ``measure(_:_:)`` must have accepted: anything else stops the program.
  public func encode(_ value: Value, into writer: inout Writer) {
    switch (self, value) {
    case (.primitive(let primitive), _): primitive.encode(value, into: &writer)
    case (.fixed, .bytes(let bytes)): writer.raw(bytes)
    case (.bitfield(let length), _): writer.bitfield(value.unsigned ?? 0, length: length)
    case (.array(let item), .array(let items)):
      writer.uint(UInt64(items.count))
      for value in items { item.encode(value, into: &writer) }
    case (.frame(let item), _):
      var inner = Size()
      do { try item.measure(value, &inner) } catch { preconditionFailure("encoding what was not measured: \(error)") }
      writer.uint(UInt64(inner.count))
      item.encode(value, into: &writer)
    case (.record(let key, let item), .object(let record)):
      writer.uint(UInt64(record.count))
      for (name, value) in record.members {
        key.encode(key.keyValue(name), into: &writer)
        item.encode(value, into: &writer)
      }
    default: preconditionFailure("encoding a value that was not measured")
    }
  }

  /// Reads a value. Allocates no more than the remaining bytes can fill.
  public func decode(from reader: inout Reader) throws(DecodingError) -> Value {
    switch self {
    case .primitive(let primitive): return try primitive.decode(from: &reader)
    case .fixed(let count): return .bytes(try reader.raw(count: count))
    case .bitfield: return .unsigned(try reader.bitfield())
    case .array(let item):
      let minimumSize = item.minimumSize
      let count = minimumSize > 0 ? try reader.count(minimumSize: minimumSize) : try reader.countOfEmptyItems()
      var items: [Value] = []
      items.reserveCapacity(count)
      for _ in 0..<count {
        let start = reader.position
        items.append(try item.decode(from: &reader))
        if reader.position == start { try reader.countEmptyItem() }
      }
      return .array(items)
    case .frame(let item):
      var inner = try reader.frameReader()
      return try item.decode(from: &inner)
    case .record(let key, let item):
      let count = try reader.count(minimumSize: max(1, key.minimumSize + item.minimumSize))
      var members: [(String, Value)] = []
      members.reserveCapacity(count)
      for _ in 0..<count {
        members.append((try key.decode(from: &reader).memberName, try item.decode(from: &reader)))
      }
      return .object(members)
    }
  }

  /// A member's name as a value that a key type takes: a number when the name spells one and the type is numeric.
  func keyValue(_ name: String) -> Value {
    if case .primitive(let primitive) = self, primitive.absent == 0, let number = Double(name) {
      return .number(number)
    }
    return .string(name)
  }
}

extension Value {
  /// The name of the object member that a key becomes.
  public var memberName: String {
    switch self {
    case .string(let text): text
    case .bytes(let bytes): Hex.encode(bytes)
    default: JSON(self).text()
    }
  }
}
