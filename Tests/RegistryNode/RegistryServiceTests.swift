import Autobase
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import ProtomuxRPC
import Registry
import RegistryNode
import Testing

@Suite struct RegistryServiceTests {
  private let alice = Fixed32([UInt8](repeating: 1, count: 32)) ?? Fixed32()
  private let root = Fixed32([UInt8](repeating: 2, count: 32)) ?? Fixed32()
  private let drive = Fixed32([UInt8](repeating: 3, count: 32)) ?? Fixed32()

  private func service(isWriteOpen: Bool = true) throws -> RegistryService {
    let node = try RegistryNode(Corestore.inMemory())
    return RegistryService(node, rights: RegistryRights(isWriteOpen: isWriteOpen, administrators: [root]))
  }

  private func call(
    _ method: String, _ request: some CompactEncodable, by caller: Fixed32? = nil
  )
    -> RegistryService.Call
  {
    RegistryService.Call(caller: caller ?? alice, method: method, value: request.encoded())
  }

  private func entry(_ name: String) -> Entry { Entry(name: name, driveKey: drive, type: "text") }

  @Test func whatWasPutIsReadInTheSameBatch() throws {
    let service = try service()
    let results = service.respond(to: [
      call("get-entry", EntryName("a")), call("put-entry", entry("a")), call("put-entry", entry("b")),
      call("get-entry-by-drive-key", DriveKey(drive)), call("list-entries", ListRequest(type: "text")),
    ])
    #expect(try EntryResult(decoding: results[0].get()).entry?.name == "a")
    #expect(try results[1].get().isEmpty)
    #expect(try EntryResult(decoding: results[3].get()).entry?.name == "a")
    #expect(try ListResponse(decoding: results[4].get()).entries.map(\.name) == ["a", "b"])
  }

  @Test func aBatchIsOneAtomicBatchOfTheLog() throws {
    let service = try service()
    let before = service.node.base.local?.length ?? 0
    _ = service.respond(to: (0..<5).map { call("put-entry", entry("e\($0)")) })
    let log = try #require(service.node.base.local)
    #expect(log.length == before + 5)
    let batches = try (before..<log.length).map { try OplogMessage(decoding: log.block(at: $0)).batch }
    #expect(batches == [5, 4, 3, 2, 1])
    #expect(try service.node.status().signedLength == service.node.status().viewLength)
  }

  @Test func oneBadCallDoesNotHurtTheOthers() throws {
    let service = try service()
    let results = service.respond(to: [
      call("put-entry", entry("")), call("put-entry", entry("good")), call("no-such", entry("x")),
      RegistryService.Call(caller: alice, method: "put-entry", value: [0xff]),
      RegistryService.Call(
        caller: alice, method: "put-entry",
        value: [UInt8](repeating: 0, count: RegistryService.maximumOperationSize + 1)),
    ])
    #expect(throws: RPCError.self) { try results[0].get() }
    #expect(try results[1].get().isEmpty)
    #expect(throws: RPCError.unknownMethod("no-such")) { try results[2].get() }
    #expect(throws: RPCError.self) { try results[3].get() }
    #expect(throws: RPCError.self) { try results[4].get() }
    #expect(try service.node.view.get("good") != nil)
  }

  @Test func rightsAreByKey() throws {
    let service = try service(isWriteOpen: false)
    let writer = WriterKey(drive)
    let results = service.respond(to: [
      call("put-entry", entry("a")), call("put-entry", entry("a"), by: root), call("add-writer", writer),
      call("add-writer", writer, by: root), call("status", EntryName("")),
    ])
    #expect(throws: RPCError.self) { try results[0].get() }
    #expect(try results[1].get().isEmpty)
    #expect(throws: RPCError.self) { try results[2].get() }
    #expect(try results[3].get().isEmpty)
    let status = try Status(decoding: results[4].get())
    #expect(status.writers?.contains { $0.key == drive } == true)
  }

  @Test func theLastIndexerStays() throws {
    let service = try service()
    let own = try #require(service.node.localKey)
    let results = service.respond(to: [
      call("remove-writer", WriterKey(own), by: root), call("remove-writer", WriterKey(drive), by: root),
    ])
    for result in results { #expect(throws: RPCError.self) { try result.get() } }
    #expect(service.node.base.isWritable)
  }

  @Test func aFreshRegistryHasASettledViewKey() throws {
    let store = try Corestore.inMemory()
    let node = try RegistryNode(store)
    let key = try node.status().viewKey
    _ = RegistryService(node, rights: RegistryRights(isWriteOpen: true)).respond(to: [call("put-entry", entry("a"))])
    #expect(try node.status().viewKey == key)
    #expect(try RegistryNode.baseKey(in: store) == node.base.key)
    let again = try RegistryNode(store)
    #expect(try again.status().viewKey == key)
    #expect(try again.view.get("a")?.name == "a")
    #expect(throws: RegistryNodeError.self) { try RegistryNode(store, bootstrap: drive) }
  }
}
