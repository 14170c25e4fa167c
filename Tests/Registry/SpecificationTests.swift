import CompactEncoding
import Hyperdispatch
import Hyperschema
import JSON
import Registry
import TestSupport
import Testing

/// The registry's files and typed structures against `04-proposal` and against the interpreters.
@Suite struct SpecificationTests {
  let file: JSON

  init() throws { file = try Vectors.load("04-proposal") }

  @Test func textsAreThoseOfTheBuilders() throws {
    #expect(try RegistrySpecification.schemaText == file.at("schemaJson").text(indentation: 2) + "\n")
    #expect(try RegistrySpecification.dispatchText == file.at("dispatchJson").text(indentation: 2))
    #expect(try RegistrySpecification.databaseText == file.at("dbJson").text(indentation: 2))
    #expect(RegistrySpecification.schema.definition.text() == RegistrySpecification.schemaText)
    #expect(RegistrySpecification.dispatch.definition.text == RegistrySpecification.dispatchText)
    let layout = try RegistrySpecification.schema.encoding("@registry/entry").layout
    #expect(layout?.names == RegistrySpecification.entryLayout.names)
  }

  @Test func structs() throws {
    let cases = try file.list("structs")
    #expect(!cases.isEmpty)
    for item in cases {
      let name = try item.text("type")
      let bytes = try item.hex("hex")
      let type = try #require(Self.types[name], "no structure is known for \(name)")
      let again = try type(bytes)
      #expect(again == bytes, "\(item)")
      for end in bytes.indices {
        #expect(throws: DecodingError.self, "\(name) cut to \(end)") { try type(Array(bytes[..<end])) }
      }
    }
    for type in try SchemaDefinition(file.at("schemaJson")).types { #expect(Self.types[type.fullName] != nil) }
  }

  @Test func operations() throws {
    let cases = try file.list("operations")
    #expect(!cases.isEmpty)
    for item in cases {
      let bytes = try item.hex("hex")
      let operation = try RegistryOperation(decoding: bytes)
      #expect(operation.encoded() == bytes)
      #expect(RegistrySpecification.dispatch.route(operation.id)?.name == (try item.text("name")))
    }
    #expect(throws: DecodingError.unknown(what: "operation", value: 4)) { try RegistryOperation(decoding: [4, 0]) }
  }

  /// Random structures have the bytes that the interpreter writes for the same fields.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func randomStructuresMatchTheInterpreter(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let schema = RegistrySpecification.schema
    for _ in 0..<50 {
      let entry = random.entry()
      #expect(try schema.encode("@registry/entry", entry.value) == entry.encoded())
      #expect(try Entry(schema.decode("@registry/entry", entry.encoded())) == entry)
      let request = ListRequest(
        type: random.text(), owner: random.text(), driveKey: random.flip() ? random.key() : nil, after: random.text(),
        limit: random.next() % 3 * 200, reverse: random.flip())
      let value: Value = [
        "type": .text(request.type), "owner": .text(request.owner),
        "driveKey": request.driveKey.map { .fixed32($0) } ?? .null, "after": .text(request.after),
        "limit": .unsigned(request.limit), "reverse": .bool(request.reverse),
      ]
      #expect(try schema.encode("@registry/list-request", value) == request.encoded())
      #expect(try ListRequest(decoding: request.encoded()) == request)
      let response = ListResponse(entries: (0..<random.next() % 4).map { _ in random.entry() }, next: random.text())
      let list: Value = ["entries": .array(response.entries.map(\.value)), "next": .text(response.next)]
      #expect(try schema.encode("@registry/list-response", list) == response.encoded())
      #expect(try ListResponse(decoding: response.encoded()) == response)
      for operation in [
        RegistryOperation.putEntry(entry), .deleteEntry(EntryName(entry.name)), .addWriter(WriterKey(entry.driveKey)),
      ] {
        let decoded = try RegistrySpecification.dispatch.decode(operation.encoded())
        #expect(try RegistrySpecification.dispatch.encode(decoded.name, decoded.value) == operation.encoded())
      }
    }
  }

  /// Whatever byte is changed, decoding neither crashes nor allocates without bound, and what is accepted is written
  /// back as a structure that reads the same.
  @Test func everyChangedByteIsHarmless() throws {
    for item in try file.list("structs") {
      let type = try #require(Self.types[item.text("type")])
      let encoding = try RegistrySpecification.schema.encoding(item.text("type"))
      let bytes = try item.hex("hex")
      for i in bytes.indices {
        for byte in [0, 1, 0x7f, 0x80, 0xfc, 0xfd, 0xfe, 0xff, bytes[i] ^ 1] as [UInt8] where byte != bytes[i] {
          var mangled = bytes
          mangled[i] = byte
          let typed = try? type(mangled)
          if let typed { #expect(try type(typed) == typed) }
          _ = try? encoding.decode(mangled)
        }
      }
    }
  }

  private static let types: [String: @Sendable ([UInt8]) throws -> [UInt8]] = [
    "@registry/entry": { try Entry(decoding: $0).encoded() },
    "@registry/writer": { try WriterKey(decoding: $0).encoded() },
    "@registry/entry-name": { try EntryName(decoding: $0).encoded() },
    "@registry/entry-result": { try EntryResult(decoding: $0).encoded() },
    "@registry/drive-key": { try DriveKey(decoding: $0).encoded() },
    "@registry/list-request": { try ListRequest(decoding: $0).encoded() },
    "@registry/list-response": { try ListResponse(decoding: $0).encoded() },
    "@registry/writer-info": { try WriterInfo(decoding: $0).encoded() },
    "@registry/status": { try Status(decoding: $0).encoded() },
  ]
}

extension Value {
  fileprivate static func text(_ text: String?) -> Value { text.map { .string($0) } ?? .null }
}

extension SeededGenerator {
  mutating func flip() -> Bool { next() & 1 == 1 }
  mutating func key() -> Fixed32 { Fixed32(bytes(32)) ?? Fixed32() }

  mutating func text() -> String? {
    flip() ? nil : String((0..<1 + next() % 300).map { _ in "aé日😀/ ".randomElement(using: &self) ?? "a" })
  }

  mutating func entry() -> Entry {
    Entry(name: text() ?? "", driveKey: key(), type: text() ?? "", description: text(), owner: text())
  }
}
