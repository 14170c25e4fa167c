public import CompactEncoding
public import JSON

extension Value {
  /// The value that a vector file spells: `$hex` for bytes, `$bigint`, `$date` in milliseconds, `$undefined`.
  public init(vector json: JSON) throws {
    switch json {
    case .array(let items): self = .array(try items.map { try Value(vector: $0) })
    case .object(let object):
      if object.count == 1, let name = object.keys.first, name.hasPrefix("$") {
        self = try Value(marker: name, json)
      } else {
        self = .object(try object.map { ($0.key, try Value(vector: $0.value)) })
      }
    default: self.init(json)
    }
  }

  private init(marker name: String, _ json: JSON) throws {
    switch name {
    case "$hex": self = .bytes(try json.hex(name))
    case "$undefined": self = .undefined
    case "$date":
      guard let milliseconds = json[name]?.integer else { throw VectorError("no date: \(json)") }
      self = .date(milliseconds: milliseconds)
    case "$bigint":
      guard let number = BigInteger(try json.text(name)) else { throw VectorError("no big integer: \(json)") }
      self = .bigint(number)
    default: throw VectorError("unknown marker \(name)")
    }
  }
}
