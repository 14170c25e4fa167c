public import JSON

/// The content of a `db.json`.
public struct DatabaseDefinition: Sendable, Hashable {
  /// The version of the definition: 0 when empty, or made by a builder without versions.
  public var version: Int
  /// The id of the first entry.
  public var offset: Int
  /// Collections and indexes in the order of their registration.
  public var entries: [DatabaseEntry]

  /// An empty definition, or one with the given content.
  public init(version: Int = 0, offset: Int = 0, entries: [DatabaseEntry] = []) {
    self.version = version
    self.offset = offset
    self.entries = entries
    number()
  }

  /// The content of a parsed file.
  ///
  /// - Throws: ``DatabaseError/malformed(_:)`` naming what does not fit.
  public init(_ json: JSON) throws(DatabaseError) {
    guard let list = json["schema"]?.array else { throw .malformed("it has no list of collections and indexes") }
    version = try json.count("version", default: 0)
    offset = try json.count("offset", default: 0)
    entries = []
    for item in list { entries.append(try DatabaseEntry(item)) }
    number()
  }

  /// The file's content as a JSON value, members in the reference's order.
  public var json: JSON {
    [
      "version": .integer(Int64(version)), "offset": .integer(Int64(offset)), "schema": .array(entries.map(\.json)),
    ]
  }

  /// The text of the file: indented by two spaces, without a final newline.
  public var text: String { json.text(indentation: 2) }

  /// The entry of that full name, or nil.
  public subscript(name: String) -> DatabaseEntry? { entries.first { $0.fullName == name } }

  /// Gives every entry its id: the next number of one counter, or what `unsafe` says. Ids in a file are informative.
  mutating func number() {
    var next = UInt64(max(0, offset))
    for i in entries.indices {
      if let fixed = entries[i].unsafeIdentifier {
        entries[i].id = fixed
      } else {
        entries[i].id = next
        next += 1
      }
    }
  }
}

extension JSON {
  /// A small non-negative number.
  func count(_ name: String, default value: Int? = nil) throws(DatabaseError) -> Int {
    guard let member = self[name], !member.isNull else {
      if let value { return value }
      throw .malformed("\(name) is missing")
    }
    guard let number = member.integer, (0...Int64(Int32.max)).contains(number) else {
      throw .malformed("\(name) is no small number")
    }
    return Int(number)
  }

  func texts(_ name: String) throws(DatabaseError) -> [String] {
    guard let items = self[name]?.array else { throw .malformed("\(name) is not a list") }
    var texts: [String] = []
    for item in items {
      guard let text = item.string else { throw .malformed("\(name) holds something other than texts") }
      texts.append(text)
    }
    return texts
  }

  func text(_ name: String) throws(DatabaseError) -> String {
    guard let text = self[name]?.string else { throw .malformed("\(name) is not a text") }
    return text
  }
}
