import ArgumentParser
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import StoreToolKit
import ToolKit

struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "info", abstract: "Tell all about one log.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions

  @Argument(help: "The log: its name or key.")
  var log: LogReference

  func run() throws {
    let store = try location.open(isReadOnly: true)
    let output = Output.standard()
    try store.read {
      let found = try log.find(in: store)
      // Whether it can be written is a question to the secrets, which a session for reading does not ask.
      let head = try found.head()
      let name = try LogNames(store)[found.key]
      let canWrite = found.keyPair != nil
      let kind = LogKind(of: found)
      if options.json {
        try output.line(.object(object(found, head, kind, name: name, canWrite: canWrite)))
      } else {
        try table(found, head, kind, name: name, canWrite: canWrite).write(to: output)
      }
    }
    try output.flush()
  }

  private func object(_ log: Hypercore, _ head: Head, _ kind: LogKind?, name: String?, canWrite: Bool) -> JSONObject {
    var object = JSONObject()
    if let name { object["name"] = .string(name) }
    object["key"] = .string(options.text(log.key))
    object["discoveryKey"] = .string(log.discoveryKey.description)
    if let kind {
      object["kind"] = .string(kind.name)
      object["format"] = .string(kind.format)
    }
    object["length"] = .integer(Int64(head.length))
    object["byteLength"] = .integer(Int64(head.byteLength))
    object["fork"] = .integer(Int64(head.fork))
    object["contiguousLength"] = .integer(Int64(log.contiguousLength))
    object["treeHash"] = .string(head.rootHash.description)
    object["signature"] = head.signature.map { .string(Hex.encode($0)) } ?? .null
    object["writable"] = .bool(canWrite)
    object["frozen"] = .bool(log.isFrozen)
    if let manifest = log.manifest {
      object["manifest"] = .string(Hex.encode(manifest.encoded()))
      object["quorum"] = .integer(Int64(manifest.quorum))
      object["signers"] = .array(manifest.signers.map { .string(options.text($0.publicKey)) })
    }
    return object
  }

  private func table(_ log: Hypercore, _ head: Head, _ kind: LogKind?, name: String?, canWrite: Bool) -> Table {
    var table = Table()
    if let name { table.add("name", name) }
    table.add("key", options.text(log.key))
    table.add("discovery key", log.discoveryKey.description)
    if let kind { table.add("kind", "\(kind)") }
    table.add("length", "\(head.length)")
    table.add("size", SizeArgument.text(head.byteLength))
    if log.contiguousLength < head.length { table.add("stored without gap", "\(log.contiguousLength)") }
    if head.fork > 0 { table.add("truncations", "\(head.fork)") }
    table.add("tree hash", head.rootHash.description)
    table.add("signature", head.signature.map { Hex.encode($0) } ?? "none")
    table.add("writable here", canWrite ? "yes" : "no")
    if log.isFrozen { table.add("frozen", "two conflicting signatures were seen") }
    if let manifest = log.manifest {
      table.add("manifest", "version \(manifest.version), \(manifest.quorum) of \(manifest.signers.count) signers")
      for signer in manifest.signers { table.add("signer", options.text(signer.publicKey)) }
    } else {
      table.add("manifest", "not known yet")
    }
    return table
  }
}
