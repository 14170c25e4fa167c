import Autobase
import CompactEncoding
import HypercoreCrypto
import JSON
import Registry
import RegistryNode
import ToolKit

/// The four keys of a node, in the words of the JavaScript workshop.
struct Keys {
  let local: Fixed32?
  let base: Fixed32
  let view: Fixed32
  /// Nil where the store's secrets are missing.
  let server: Fixed32?

  init(_ node: RegistryNode) throws {
    local = node.localKey
    base = node.base.key
    view = try node.status().viewKey
    server = node.serverKeyPair?.publicKey
  }

  func object(_ options: OutputOptions) -> JSONObject {
    var object = JSONObject()
    object["localKey"] = local.map { .string(options.text($0)) } ?? .null
    object["baseKey"] = .string(options.text(base))
    object["viewKey"] = .string(options.text(view))
    object["rpcKey"] = server.map { .string(options.text($0)) } ?? .null
    return object
  }

  func serverText(_ options: OutputOptions) -> String {
    server.map { options.text($0) } ?? "not known: the store's secrets are missing"
  }

  func write(to output: Output, _ options: OutputOptions) throws {
    try output.line("Local key: \(local.map { options.text($0) } ?? "none")")
    try output.line("Autobase key: \(options.text(base))")
    try output.line("Database view key: \(options.text(view))")
    try output.line("RPC server public key: \(serverText(options))")
  }
}
