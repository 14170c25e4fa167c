public import JSON

extension Value {
  /// The value that a JSON text stands for.
  public init(_ json: JSON) {
    switch json {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .double(let value): self = .number(value)
    case .string(let text): self = .string(text)
    case .array(let items): self = .array(items.map { Value($0) })
    case .object(let object): self = .object(object.map { ($0.key, Value($0.value)) })
    }
  }
}

extension JSON {
  /// The value as `JSON.stringify` sees it: undefined members are left out, elsewhere undefined is null; bytes are
  /// hex text, big integers decimal text and dates milliseconds, since JSON has none of them.
  public init(_ value: CompactEncoding.Value) {
    switch value {
    case .undefined, .null: self = .null
    case .bool(let value): self = .bool(value)
    case .integer(let value), .date(let value): self = .integer(value)
    case .double(let value): self = .double(value)
    case .bigint(let value): self = .string(value.description)
    case .string(let text): self = .string(text)
    case .bytes(let bytes): self = .string(Hex.encode(bytes))
    case .array(let items): self = .array(items.map { JSON($0) })
    case .object(let record):
      self = .object(JSONObject(record.members.filter { $0.1 != .undefined }.map { ($0.0, JSON($0.1)) }))
    }
  }
}
