import CompactEncoding
import Hypercore
import HypercoreCrypto
import HypercoreTestSupport
import JSON
import TestSupport
import Testing

@Suite struct ProofTests {
  private static func file() throws -> JSON { try Vectors.load("01-proofs") }

  private static func writer(_ length: UInt64) throws -> TestCore {
    try TestCore(seed: file().at("core").fixed32("keyPairSeed"), blocks: vectorBlocks(0..<length))
  }

  @Test func everySectionOfTheFileIsRead() throws {
    let known: Set = [
      "source", "core", "cases", "errors", "roundtrips", "byteOffsets", "seeks", "missingNodes",
    ]
    #expect(Set(try Self.file().object?.keys ?? []) == known)
  }

  @Test func coreIsTheWriter() throws {
    let core = try Self.file().at("core")
    var heads = 0
    for (key, value) in try Self.file().members("core") {
      if key.hasPrefix("signatureAt"), let length = UInt64(key.dropFirst("signatureAt".count)) {
        #expect(try Self.writer(length).signature == value.hex())
        heads += 1
      } else if key.hasPrefix("treeHashAt"), let length = UInt64(key.dropFirst("treeHashAt".count)) {
        #expect(try Self.writer(length).log.tree.hash == core.fixed32(key))
        heads += 1
      } else {
        #expect(["keyPairSeed", "key", "blockRule"].contains(key))
      }
    }
    #expect(heads > 0)
    #expect(try Self.writer(1).key == core.fixed32("key"))
  }

  @Test func cases() throws {
    let rows = try Self.file().list("cases")
    #expect(!rows.isEmpty)
    for row in rows {
      let length = try row.number("coreLength")
      let name = "\(length) \(try row.text("name"))"
      let writer = try Self.writer(length)
      var request = try row.at("request").request()
      let message = try RequestMessage(decoding: row.hex("requestEncoded"))
      #expect(message.request == request, "\(name)")
      #expect(try message.encoded() == row.hex("requestEncoded"), "\(name)")
      if let expected = row.optional("error") {
        let error = #expect(throws: MerkleError.self, "\(name)") { try writer.prove(request) }
        #expect(try error?.description == expected.text("message"), "\(name)")
        #expect(try error?.code == expected.text("code"), "\(name)")
        continue
      }
      let expected = try row.at("proof").proof()
      let made = try writer.prove(request)
      try Self.read(made, of: writer, name)
      if try Self.lacksSeek(request, of: writer, expected, made) { request.seek = nil }
      let proof = try writer.prove(request)
      #expect(proof == expected, "\(name)")
      let data = DataMessage(request: message.id, proof: proof)
      #expect(try data.encoded() == row.hex("responseEncoded"), "\(name)")
      #expect(try DataMessage(decoding: row.hex("responseEncoded")) == data, "\(name)")
      try Self.read(proof, of: writer, name)
    }
  }

  /// The reference leaves out seek nodes of a target that is not under the first root (spec 01 §10.5): there its
  /// byte offsets are not numbers.
  private static func lacksSeek(
    _ request: ProofRequest, of writer: TestCore, _ expected: Proof, _ made: Proof
  ) throws -> Bool {
    guard request.seek != nil, expected.seek == nil, made.seek != nil, request.upgrade == nil else { return false }
    guard let first = writer.log.tree.roots.first else { return false }
    guard let index = request.block.map({ 2 * $0.index }) ?? request.hash?.index else { return false }
    return !FlatTree.contains(first.index, index)
  }

  /// A reader that knows what the upgrade starts from, or everything, accepts the proof and lands on the writer's head.
  private static func read(_ proof: Proof, of writer: TestCore, _ name: String) throws {
    let length = proof.upgrade?.start ?? writer.log.tree.length
    var reader = TestCore(readerOf: writer, knowsManifest: true)
    reader.log = TestLog(length: length)
    #expect(try reader.apply(proof), "\(name)")
    #expect(reader.log.tree == writer.log.tree, "\(name)")
    for node in reader.log.nodes.nodes.values { #expect(writer.log.nodes.node(at: node.index) == node, "\(name)") }
  }

  @Test func roundtripsAndErrors() throws {
    let rows = try Self.file().list("roundtrips")
    #expect(!rows.isEmpty)
    var last: TestCore?
    for row in rows {
      var writer = try Self.writer(row.number("writerLength"))
      var reader = TestCore(readerOf: writer)
      let steps = try row.list("steps")
      #expect(!steps.isEmpty)
      for step in steps {
        let request = try step.at("request").request()
        let end = request.upgrade.map { $0.start + $0.length } ?? 0
        if end > writer.log.tree.length { writer = try Self.writer(end) }
        let message = try DataMessage(decoding: step.hex("responseEncoded"))
        var made = try writer.prove(request)
        // The manifest is asked for beside what the step shows.
        if message.proof.manifest != nil { made.manifest = writer.manifest }
        #expect(made == message.proof)
        #expect(try message.encoded() == step.hex("responseEncoded"))
        #expect(try reader.apply(message.proof) == step.flag("applied"))
        #expect(try reader.log.tree.length == step.number("length"))
        #expect(try reader.blocks.keys.sorted() == step.numbers("has"))
        if let contiguous = step.optional("contiguousLength") {
          let first = (0...).first { reader.blocks[UInt64($0)] == nil } ?? 0
          #expect(try UInt64(first) == contiguous.number())
        }
      }
      #expect(reader.log.tree == writer.log.tree)
      last = reader
    }
    try Self.errors(last)
  }

  /// Bad answers to the reader of the round trip, and to one that knows nothing but the key.
  private static func errors(_ reader: TestCore?) throws {
    var reader = try #require(reader)
    var fresh = TestCore(readerOf: reader)
    let rows = try file().list("errors")
    #expect(!rows.isEmpty)
    for row in rows {
      let name = try row.text("name")
      let proof = try DataMessage(decoding: row.hex("data")).proof
      let isFresh = row["missingNodes"] == nil
      var state = isFresh ? fresh : reader
      let before = state.log
      if let applied = row["result"]?.bool {
        #expect(try state.apply(proof) == applied, "\(name)")
      } else {
        let error = #expect(throws: MerkleError.self, "\(name)") { try state.apply(proof) }
        #expect(try error?.code == row.at("result").text("code"), "\(name)")
        #expect(try error?.description == row.at("result").text("message"), "\(name)")
        #expect(state.log.tree == before.tree)
      }
      if let block = proof.block, !isFresh {
        let missing = try state.log.tree.missingNodes(below: 2 * block.index, in: state.log.nodes)
        #expect(try missing == row.number("missingNodes"), "\(name)")
      }
      if isFresh { fresh = state } else { reader = state }
    }
  }

  @Test func byteOffsets() throws {
    let rows = try Self.file().list("byteOffsets")
    #expect(!rows.isEmpty)
    for row in rows {
      let log = TestLog(length: try row.number("coreLength"))
      let offset = try log.tree.byteOffset(of: row.number("index"), in: log.nodes)
      #expect(try offset == row.number("byteOffset"))
    }
  }

  @Test func seeks() throws {
    let rows = try Self.file().list("seeks")
    #expect(!rows.isEmpty)
    for row in rows {
      let row = try #require(row.array)
      let log = TestLog(length: try row[0].number())
      let result = try log.tree.seek(bytes: row[1].number(), in: log.nodes)
      if let expected = row[2].array {
        #expect(try result == .found(index: expected[0].number(), offset: expected[1].number()))
      } else {
        #expect(result == .unresolved(log.tree.length..<log.tree.length))
      }
    }
  }

  @Test func missingNodes() throws {
    let rows = try Self.file().list("missingNodes")
    #expect(!rows.isEmpty)
    for row in rows {
      let (index, length) = (try row.number("index"), try row.number("length"))
      let maximum = try row.number("maxMissingNodes")
      #expect(MerkleTree.maximumMissingNodes(below: index, length: length) == maximum)
      // A reader that has the roots only lacks all but them.
      let tree = TestLog(length: length).tree
      #expect(try tree.missingNodes(below: index, in: NodeTable(tree.roots)) == maximum)
    }
  }
}
