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
  let server: Fixed32

  init(_ node: RegistryNode) throws {
    local = node.localKey
    base = node.base.key
    view = try node.status().viewKey
    server = node.serverKeyPair.publicKey
  }

  func object(_ options: OutputOptions) -> JSONObject {
    var object = JSONObject()
    object["localKey"] = local.map { .string(options.text($0)) } ?? .null
    object["baseKey"] = .string(options.text(base))
    object["viewKey"] = .string(options.text(view))
    object["rpcKey"] = .string(options.text(server))
    return object
  }

  func write(to output: Output, _ options: OutputOptions) throws {
    try output.line("Local key: \(local.map { options.text($0) } ?? "none")")
    try output.line("Autobase key: \(options.text(base))")
    try output.line("Database view key: \(options.text(view))")
    try output.line("RPC server public key: \(options.text(server))")
  }
}
