import CompactEncoding
import Hyperschema
import JSON
import ToolKit

/// Writes records: as JSON, one a line, or as a table whose columns are aligned page by page, so that any number of
/// records passes through little memory.
final class RecordWriter {
  private static let pageSize = 500

  private let options: OutputOptions
  private let types: FieldTypes
  private let structure: String
  private let columns: [String]
  private let output = Output.standard()
  private var page: [[String]] = []
  private var hasHeader = false
  private(set) var count: UInt64 = 0

  init(_ entry: SpecificationEntry, _ specification: Specification, _ options: OutputOptions) {
    self.options = options
    types = specification.types
    structure = entry.structure
    columns = types.fields(of: structure).map(\.name)
  }

  func write(_ record: Value) throws {
    count += 1
    let json = types.json(record, structure, options)
    guard !options.json else { return try output.line(json) }
    page.append(columns.map { json[$0].map(RecordWriter.cell) ?? "-" })
    if page.count == RecordWriter.pageSize { try writePage() }
  }

  func end() throws {
    try writePage()
    try output.flush()
  }

  /// One record alone: a line for each field.
  func writeAlone(_ record: Value) throws {
    let json = types.json(record, structure, options)
    if options.json {
      try output.line(json)
    } else {
      var table = Table()
      for (name, value) in json.object ?? JSONObject() where !value.isNull { table.add(name, RecordWriter.cell(value)) }
      try table.write(to: output)
    }
    try output.flush()
  }

  private func writePage() throws {
    guard !page.isEmpty else { return }
    let header = columns.map { RecordWriter.title($0) }
    var widths = header.map(\.count)
    for row in page { for (i, cell) in row.enumerated() { widths[i] = max(widths[i], cell.count) } }
    if !hasHeader { page.insert(header, at: 0) }
    for (number, row) in page.enumerated() {
      var line = ""
      for (i, cell) in row.enumerated() {
        line += i == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[i] - cell.count + 2)
      }
      let isTitle = number == 0 && !hasHeader && output.isTerminal && Terminal.outputHasColour
      try output.line(isTitle ? "\u{1b}[1m\(line)\u{1b}[0m" : line)
    }
    hasHeader = true
    page.removeAll(keepingCapacity: true)
  }

  /// `driveKey` is DRIVE KEY.
  private static func title(_ name: String) -> String {
    name.reduce(into: "") { text, character in
      if character.isUppercase { text += " " }
      text += character == "-" || character == "_" ? " " : character.uppercased()
    }
  }

  /// A value on one line.
  static func cell(_ value: JSON) -> String {
    switch value {
    case .null: "-"
    case .string(let text): line(text)
    default: line(value.text())
    }
  }

  /// Text on one line, which cannot steer a terminal.
  static func line(_ text: String) -> String {
    let text = Messages.escape(text)
    guard text.utf8.contains(where: { $0 == 0x0a || $0 == 0x09 }) else { return text }
    return text.reduce(into: "") { line, character in
      switch character {
      case "\n": line += "\\n"
      case "\t": line += "\\t"
      default: line.append(character)
      }
    }
  }
}
