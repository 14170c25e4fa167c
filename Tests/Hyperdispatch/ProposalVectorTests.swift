import CompactEncoding
import Hyperdispatch
import Hyperschema
import JSON
import TestSupport
import Testing

/// Every case of `04-proposal`, under both releases of the reference.
@Suite struct ProposalVectorTests {
  @Test(arguments: [Dialect.current, .legacy])
  func structsAndOperations(dialect: Dialect) throws {
    let file = try Vectors.load("04-proposal")
    let schema = try Schema(file.at("schemaJson"), dialect: dialect)
    let structs = try file.list("structs")
    #expect(!structs.isEmpty)
    for item in structs {
      let encoding = try schema.encoding(item.text("type"))
      #expect(try encoding.encode(Value(vector: item.at("value"))) == item.hex("hex"), "\(item)")
      #expect(try encoding.decode(item.hex("hex")) == Value(vector: item.at("decoded")), "\(item)")
    }
    let dispatch = try Dispatch(DispatchDefinition(file.at("dispatchJson")), schema: schema)
    let operations = try file.list("operations")
    #expect(!operations.isEmpty)
    for item in operations {
      let bytes = try dispatch.encode(item.text("name"), Value(vector: item.at("value")))
      #expect(try bytes == item.hex("hex"), "\(item)")
      let operation = try dispatch.decode(bytes)
      #expect(try operation.name == item.text("name"))
      #expect(try dispatch.encode(operation.name, operation.value) == bytes)
    }
  }

  @Test func existingTypesAreUnchanged() throws {
    let file = try Vectors.load("04-proposal")
    let before = try SchemaDefinition(Vectors.load("04-hyperschema").at("registry").at("schema")).types
    let after = try SchemaDefinition(file.at("schemaJson")).types
    #expect(try file.flag("existingTypesUnchanged") == (Array(after.prefix(before.count)) == before))
    let previous = try DispatchDefinition(file.at("dispatchJson"))
    #expect(previous.text == (try file.at("dispatchJson")).text(indentation: 2))
  }
}
