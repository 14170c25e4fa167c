import CompactEncoding
import HyperDB
import JSON
import ToolKit

/// Writes changes of records, a line each: block, `put` or `del`, and the record.
final class ChangeWriter {
  private let specification: Specification
  private let options: OutputOptions
  private let entries: [String: SpecificationEntry]
  private let output = Output.standard()

  init(_ specification: Specification, _ options: OutputOptions) {
    self.specification = specification
    self.options = options
    entries = Dictionary(specification.collections.map { ($0.name, $0) }) { first, _ in first }
  }

  func write(_ change: ChangeIterator.Change) throws {
    let kind = change.kind == .insert ? "put" : "del"
    guard let entry = entries[change.collection] else { return }
    let value = specification.types.json(change.value, entry.structure, options)
    if options.json {
      return try output.line([
        "seq": .integer(Int64(change.sequence)), "op": .string(kind), "collection": .string(change.collection),
        "value": value,
      ])
    }
    try output.line("\(change.sequence) \(kind) \(prefix(change.collection))\(text(value, entry))")
  }

  /// What was told from `length` on no longer holds: the order of the newest operations changed.
  func truncate(to length: UInt64) throws {
    if options.json {
      try output.line(["op": "truncate", "length": .integer(Int64(length))])
    } else {
      try output.line("\(length) truncate")
    }
  }

  func write(_ difference: DifferenceIterator.Difference) throws {
    guard let entry = entries[difference.collection] else { return }
    let (left, right) = (json(difference.left, entry), json(difference.right, entry))
    if options.json {
      return try output.line(["collection": .string(difference.collection), "before": left, "after": right])
    }
    if !left.isNull { try output.line("- \(prefix(difference.collection))\(text(left, entry))") }
    if !right.isNull { try output.line("+ \(prefix(difference.collection))\(text(right, entry))") }
  }

  func flush() throws { try output.flush() }

  private func json(_ value: Value?, _ entry: SpecificationEntry) -> JSON {
    value.map { specification.types.json($0, entry.structure, options) } ?? .null
  }

  /// The collection, where there are several.
  private func prefix(_ collection: String) -> String { entries.count > 1 ? collection + " " : "" }

  /// The key's fields bare, the others with their names.
  private func text(_ value: JSON, _ entry: SpecificationEntry) -> String {
    let keys = Set(entry.key.compactMap(\.path))
    var words: [String] = []
    for path in entry.key.compactMap(\.path) {
      words.append(path.split(separator: ".").reduce(Optional(value)) { $0?[String($1)] }.map(RecordWriter.cell) ?? "-")
    }
    for (name, value) in value.object ?? JSONObject() where !keys.contains(name) && !value.isNull {
      words.append("\(name)=\(RecordWriter.cell(value))")
    }
    return words.joined(separator: " ")
  }
}
