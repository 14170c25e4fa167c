import Glibc
import JSON
import TestSupport
import Testing

/// `registry-admin schema`.
@Suite struct RegistrySchemaTests {
  private let folder = TemporaryDirectory()
  private let files = ["schema.json", "db.json", "dispatch.json"]

  private func schema(_ arguments: String..., input: [UInt8] = []) throws -> Command.Result {
    try Command(Command.tool("registry-admin"), ["schema"] + arguments, input: input, folder: folder.path).run()
  }

  private func build(_ description: JSON, in folder: String = "spec") throws -> Command.Result {
    try schema("build", folder, "--from", "-", input: Array(description.text().utf8))
  }

  private let example = "\(checkout)/examples/registry-schema.json"

  @Test func theRegistryIsBuiltByteForByte() throws {
    let vectors = try Vectors.load("04-proposal")
    let result = try schema("build", "spec", "--from", example)
    #expect(result.status == 0, "\(result.messages)")
    for (file, name) in zip(files, ["schemaJson", "dbJson", "dispatchJson"]) {
      let built = try readFile(folder.file("spec/\(file)"))
      #expect(try schema("print", file).output == built)
      let expected = try vectors.at(name).text(indentation: 2) + (name == "schemaJson" ? "\n" : "")
      #expect(String(decoding: built, as: UTF8.self) == expected)
    }
    #expect(try schema("check", "spec").status == 0)
    let again = try schema("build", "spec", "--from", example, "--json")
    #expect(try again.lines.map { try JSON(parsing: $0)["changed"] } == [false, false, false])
  }

  /// What the workshop has evolves to what the registry has, and its folders are kept.
  @Test func theFilesOfTheWorkshopEvolve() throws {
    let whole = try JSON(parsing: readFile(example))
    var workshop = try #require(whole.object)
    workshop["stages"] = .array(Array(try #require(whole["stages"]?.array).prefix(2)))
    for name in ["hyperschema", "hyperdb", "hyperdispatch"] {
      _ = try Command("mkdir", ["-p", folder.file("spec/\(name)")]).run()
    }
    #expect(try build(.object(workshop)).status == 0)
    #expect(access(folder.file("spec/hyperdb/db.json"), F_OK) == 0)
    _ = try Command("cp", ["-r", folder.file("spec"), folder.file("old")]).run()
    #expect(try schema("build", "spec", "--from", example, "--dry-run").status == 0)
    #expect(try schema("check", "spec", "--against", "old").status == 0)
    #expect(try schema("build", "spec", "--from", example).status == 0)
    for (file, name) in zip(files, ["hyperschema", "hyperdb", "hyperdispatch"]) {
      #expect(try readFile(folder.file("spec/\(name)/\(file)")) == schema("print", file).output)
    }
    #expect(try schema("check", "spec", "--against", "old").status == 0)
    let back = try schema("check", "old", "--against", "spec")
    #expect(back.status == 6)
    #expect(back.messages.contains("A type was removed"))
  }

  private static let base: JSON = [
    "namespace": "n",
    "types": [
      [
        "name": "t",
        "fields": [
          ["name": "a", "type": "string", "required": true], ["name": "b", "type": "uint", "required": false],
        ],
      ], ["name": "e", "enum": ["x", "y"]], ["name": "l", "alias": "string"],
    ],
    "collections": [["name": "c", "schema": "@n/t", "key": ["a"]]],
    "indexes": [["name": "i", "collection": "@n/c", "key": ["b"], "unique": true]],
    "operations": [["name": "o", "requestType": "@n/t"], ["name": "p", "requestType": "@n/l"]],
  ]

  /// Changes that would make written data unreadable, as replacements in the description, with what is said.
  private static let refused: [(String, String, String)] = [
    (#"{"name":"b","type":"uint","required":false}"#, #"{"name":"b","type":"string","required":false}"#, "modified"),
    (#"{"name":"b","type":"uint","required":false}"#, #"{"name":"b","type":"uint","required":true}"#, "required"),
    (#"{"name":"a","type":"string","required":true},"#, "", "A field was removed: @n/t"),
    (#"["x","y"]"#, #"["x"]"#, "An enum value was removed"), (#"["x","y"]"#, #"["y","x"]"#, "changed"),
    (#""alias":"string""#, #""alias":"uint""#, "Remapping an alias: @n/l"),
    (#""name":"t","fields""#, #""name":"t","compact":true,"fields""#, "compact"),
    (#""name":"a","type":"string""#, #""name":"a","array":true,"type":"string""#, "key"),
    (#""key":["a"]"#, #""key":["b"]"#, "@n/c cannot change its key"),
    (#""unique":true"#, #""unique":false"#, "@n/i cannot change"),
    (#""name":"o","requestType":"@n/t""#, #""name":"o","requestType":"@n/l""#, "request type"),
    (#""name":"p","requestType""#, #""name":"p","id":7,"requestType""#, "ID"),
    (#""operations":[{"name":"o","requestType":"@n/t"},"#, #""operations":[{"name":"q","requestType":"@n/t"},"#, "ID"),
    (#""namespace":"n","#, #""namespace":"n","dispatchOffset":5,"#, "offset"),
  ]

  @Test func illegalChangesAreRefusedAndNothingIsWritten() throws {
    #expect(try build(Self.base).status == 0)
    let before = try files.map { try readFile(folder.file("spec/\($0)")) }
    let text = Self.base.text()
    for (old, new, said) in Self.refused {
      #expect(text.contains(old), "\(old)")
      let changed = try JSON(parsing: Self.replace(text, old, new))
      let result = try build(changed)
      #expect(result.status == 6, "\(new): \(result.text)")
      #expect(result.messages.contains(said), "\(new): \(result.messages)")
      #expect(result.messages.contains("hint: "))
      #expect(try files.map { try readFile(folder.file("spec/\($0)")) } == before)
    }
  }

  /// The same changes, made to files that somebody built anew, are found against the old files.
  @Test func illegalChangesAreFoundBetweenFiles() throws {
    #expect(try build(Self.base, in: "old").status == 0)
    let text = Self.base.text()
    var count = 0
    for (old, new, _) in Self.refused {
      let result = try build(JSON(parsing: Self.replace(text, old, new)), in: "new")
      // Some make no sense by themselves.
      guard result.status == 0 else { continue }
      let check = try schema("check", "new", "--against", "old")
      #expect(check.status == 6, "\(new): \(check.messages)")
      _ = try Command("rm", ["-r", folder.file("new")]).run()
      count += 1
    }
    #expect(count > 8)
  }

  @Test func allowedChangesCountUp() throws {
    #expect(try build(Self.base).status == 0)
    _ = try Command("cp", ["-r", folder.file("spec"), folder.file("old")]).run()
    var text = Self.base.text()
    for (old, new) in [
      (#""required":false}]"#, #""required":false},{"name":"z","type":"bool"}]"#), (#"["x","y"]"#, #"["x","y","z"]"#),
      (
        #"{"name":"p","requestType":"@n/l"}"#,
        #"{"name":"p","requestType":"@n/l"},{"name":"q","requestType":"@n/e"}"#
      ),
    ] { text = Self.replace(text, old, new) }
    let result = try build(JSON(parsing: text))
    #expect(result.status == 0, "\(result.messages)")
    #expect(
      result.lines == [
        "spec/schema.json: version 2, new", "spec/db.json: version 1", "spec/dispatch.json: version 2, new",
      ])
    #expect(try schema("check", "spec", "--against", "old").status == 0)
  }

  /// Records carry no version until an index comes; then old ones could not be told from new ones.
  @Test func anIndexForRecordsWithoutVersionIsRefused() throws {
    #expect(try schema("build", "spec", "--from", example).status == 0)
    var description = try #require(try JSON(parsing: readFile(example)).object)
    description["databaseVersion"] = .null
    var stages = try #require(description["stages"]?.array)
    var first = try #require(stages[0].object)
    first["indexes"] = .array(
      try #require(first["indexes"]?.array) + [["name": "more", "collection": "@registry/entry", "key": ["name"]]])
    stages[0] = .object(first)
    description["stages"] = .array(stages)
    let result = try build(.object(description))
    #expect(result.status == 6)
    #expect(result.messages.contains("could not be read any more"))
  }

  @Test func whatIsNoDescription() throws {
    for text in [
      "", "{", "[]", "12", #"{"typos":[]}"#, #"{"types":{}}"#, #"{"types":[{}]}"#, #"{"types":[{"name":"t"}]}"#,
      #"{"types":[{"name":"t","fields":[{"name":"a","type":"nothing"}]}]}"#,
      #"{"types":[{"name":"t","fields":[{"name":"a","type":"string","requierd":true}]}]}"#,
      #"{"operations":[{"name":"o","requestType":"@n/none"}]}"#, #"{"operations":[{"name":"o"}]}"#,
      #"{"collections":[{"name":"c","schema":"none","key":["a"]}]}"#, #"{"stages":[]}"#, #"{"stages":[[]]}"#,
      #"{"stages":[{}],"types":[]}"#, #"{"dispatchOffset":-1}"#, "\u{0}",
    ] {
      let result = try schema("build", "spec", "--from", "-", input: Array(text.utf8))
      #expect(result.status == 2, "\(text): \(result.status) \(result.messages)")
      #expect(access(folder.file("spec"), F_OK) != 0, "\(text)")
    }
    #expect(try schema("build", "spec", "--from", "/nowhere").status == 7)
    #expect(try schema("check", "nowhere").status == 7)
    #expect(try schema("print", "other.json").status == 2)
  }

  @Test func filesThatDoNotFitTogetherAreFound() throws {
    #expect(try schema("build", "spec", "--from", example).status == 0)
    let changes: [(String, String, String, Int32)] = [
      ("schema.json", #""type": "fixed32""#, #""type": "fixed33""#, 6),
      ("schema.json", #""version": 2,"#, #""version": 1,"#, 6), ("schema.json", "{", "[", 2),
      ("db.json", #""driveKey""#, #""driveKeys""#, 6), ("db.json", #""id": 2"#, #""id": 7"#, 2),
      ("db.json", #""collection": "@registry/entry""#, #""collection": "@registry/none""#, 6),
      ("dispatch.json", #""id": 3"#, #""id": 2"#, 6), ("dispatch.json", "@registry/writer", "@registry/nothing", 6),
      ("dispatch.json", #""id": 3"#, #""id": "3""#, 2),
    ]
    for (file, old, new, status) in changes {
      let whole = try readFile(folder.file("spec/\(file)"))
      let text = String(decoding: whole, as: UTF8.self)
      try folder.write("spec/\(file)", Array(Self.replace(text, old, new).utf8))
      let result = try schema("check", "spec")
      #expect(result.status == status, "\(file) \(new): \(result.messages)")
      try folder.write("spec/\(file)", whole)
      #expect(try schema("check", "spec").status == 0)
    }
  }

  /// Replaces the first occurrence.
  private static func replace(_ text: String, _ old: String, _ new: String) -> String {
    guard let start = text.indices.first(where: { text[$0...].hasPrefix(old) }) else { return text }
    return text[..<start] + new + text[text.index(start, offsetBy: old.count)...]
  }
}
