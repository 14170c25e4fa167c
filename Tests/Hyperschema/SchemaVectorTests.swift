import CompactEncoding
import Hyperschema
import JSON
import TestSupport
import Testing

/// Every encoding of `04-hyperschema`, under the release of the reference that produced it.
@Suite struct SchemaVectorTests {
  let file: JSON

  init() throws { file = try Vectors.load("04-hyperschema") }

  @Test(arguments: ["registry", "kitchenSink"])
  func cases(section: String) throws {
    let part = try file.at(section)
    let cases = try part.list("cases")
    #expect(!cases.isEmpty)
    let schema = try schema(part.at("schema"), cases)
    for item in cases { try check(item, schema) }
  }

  @Test(arguments: ["registry", "kitchenSink"])
  func casesOfTheOlderRelease(section: String) throws {
    let cases = try file.list(section + "_1_13_differences")
    #expect(!cases.isEmpty)
    let schema = try schema(file.at(section).at("schema"), cases, .legacy)
    for item in cases { try check(item, schema) }
  }

  @Test func evolution() throws {
    let stages = try file.list("evolution")
    #expect(!stages.isEmpty)
    for stage in stages {
      let cases = try stage.list("cases")
      #expect(!cases.isEmpty)
      let schema = try schema(stage.at("schema"), cases)
      for item in cases { try check(item, schema) }
    }
  }

  @Test func crossVersion() throws {
    let stages = try file.list("evolution").map { (try $0.text("stage"), try schema($0.at("schema"), [])) }
    let schemas = Dictionary(uniqueKeysWithValues: stages)
    let cases = try file.list("crossVersion")
    #expect(!cases.isEmpty)
    for item in cases {
      let reader = try #require(schemas[item.text("reader")])
      #expect(schemas[try item.text("writer")] != nil)
      let decoded = try reader.decode(item.text("type"), item.hex("hex"), version: Int(item.number("readerVersion")))
      try expect(decoded, item.at("decoded"), "\(item)")
    }
  }

  @Test func definitionsAreWrittenAsRead() throws {
    var schemas = [try file.at("registry").at("schema"), try file.at("kitchenSink").at("schema")]
    schemas += try file.list("evolution").map { try $0.at("schema") }
    for json in schemas {
      #expect(try SchemaDefinition(json).text() == json.text(indentation: 2) + "\n")
      #expect(try SchemaDefinition(json).text(.legacy) == json.text(indentation: 2))
    }
  }

  /// A schema of the file. Whether a field has a default is not in its JSON form: the cases show it.
  private func schema(_ json: JSON, _ cases: [JSON], _ dialect: Dialect = .current) throws -> Schema {
    var options = SchemaOptions()
    for item in cases {
      guard let decoded = item["decoded"]?.object else { continue }
      for (name, value) in decoded where value["$undefined"] != nil {
        options.withoutDefault[try item.text("type"), default: []].insert(name)
      }
    }
    return try Schema(json, dialect: dialect, options: options)
  }

  private func check(_ item: JSON, _ schema: Schema) throws {
    let encoding = try schema.encoding(item.text("type"), version: Int(item.number("version")))
    let value = try Value(vector: item.at("value"))
    if let text = item["error"]?.string {
      let error = #expect(throws: EncodingError.self, "\(item)") { try encoding.encode(value) }
      // Not the library's own words: its language complains of a missing value.
      if !text.hasPrefix("Cannot read properties") {
        #expect(error?.description.hasPrefix(text) == true, "\(item): \(String(describing: error))")
      }
      return
    }
    let bytes = try item.hex("hex")
    #expect(try encoding.encode(value) == bytes, "\(item)")
    let decoded = try encoding.decode(bytes)
    try expect(decoded, item.at("decoded"), "\(item)")
    // Bytes that the older release reads as null are not written again.
    if schema.dialect == .current { #expect(try encoding.encode(decoded) == bytes, "\(item)") }
    #expect(try encoding.encode(value, after: [1, 2]) == [1, 2] + bytes)
    #expect(try encoding.decode(bytes + [1, 2, 3]) == decoded, "\(item)")
  }

  private func expect(_ value: Value, _ json: JSON, _ comment: Comment) throws {
    #expect(try value == Value(vector: json), comment)
    if let names = json.object?.keys { #expect(value.record?.layout.names == names, comment) }
  }
}
