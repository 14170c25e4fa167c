import Autobase
import CompactEncoding
import Corestore
import Glibc
import JSON
import Registry
import RegistryNode
import ToolKit

/// What `status` tells.
struct NodeReport {
  let keys: Keys
  let storage: String
  let processID: Int32?
  let isRunning: Bool
  let base: AutobaseStatus
  let view: AutobaseStatus.View
  let members: [(key: Fixed32, member: Member)]
  let entries: Int
  let storeSize: UInt64

  init(_ node: RegistryNode, directory: String) throws {
    storage = Setup.absolute(directory)
    let holder = NodeLock.holder(directory: directory)
    processID = holder
    isRunning = holder != nil
    storeSize = ["", "-wal"].reduce(0) { $0 + Self.size(directory + "/store.db" + $1) }
    keys = try Keys(node)
    base = try node.base.status()
    guard let view = base.views.first(where: { $0.name == RegistryView.name }) else {
      throw AutobaseError.unknownView(RegistryView.name)
    }
    self.view = view
    members = try node.base.members()
    entries = try node.view.count()
  }

  private static func size(_ path: String) -> UInt64 {
    var info = stat()
    return stat(path, &info) == 0 ? UInt64(max(0, info.st_size)) : 0
  }

  private var system: AutobaseStatus.View? { base.views.last }

  // MARK: For programs

  func object(_ options: OutputOptions) -> JSON {
    var object = keys.object(options)
    object["storage"] = .string(storage)
    object["running"] = .bool(isRunning)
    object["processID"] = processID.map { .integer(Int64($0)) } ?? .null
    object["writable"] = .bool(isWriter)
    object["isIndexer"] = .bool(base.isIndexer)
    object["entries"] = .integer(Int64(entries))
    object["viewLength"] = .integer(Int64(view.length))
    object["indexedLength"] = .integer(Int64(view.indexedLength))
    object["signedLength"] = .integer(Int64(view.signedLength))
    object["systemLength"] = .integer(Int64(system?.length ?? 0))
    object["majority"] = .integer(Int64(base.majority))
    object["storeSize"] = .integer(Int64(storeSize))
    object["writers"] = .array(members.map { .object(writer($0.key, $0.member, options)) })
    object["waits"] = .array(Stall.all(base, options).map { $0.object(options) })
    return .object(object)
  }

  /// Whether the local log is that of a member, whoever may write it at the moment.
  private var isWriter: Bool {
    guard let local = keys.local else { return false }
    return members.contains { $0.key == local && !$0.member.isRemoved }
  }

  private func writer(_ key: Fixed32, _ member: Member, _ options: OutputOptions) -> JSONObject {
    let log = base.writers.first { $0.key == key }
    var object = JSONObject([("key", .string(options.text(key)))])
    object["isLocal"] = .bool(key == keys.local)
    object["isIndexer"] = .bool(base.indexers.contains(key))
    object["isRemoved"] = .bool(member.isRemoved)
    object["length"] = .integer(Int64(member.length))
    object["storedLength"] = .integer(Int64(log?.length ?? 0))
    object["indexedLength"] = .integer(Int64(log?.indexedLength ?? 0))
    object["signedLength"] = log?.signedSystemLength.map { .integer(Int64($0)) } ?? .null
    return object
  }

  // MARK: For people

  func write(to output: Output, _ options: OutputOptions) throws {
    var table = Table()
    table.add("storage", "\(storage), \(SizeArgument.text(storeSize))")
    table.add("node", isRunning ? "running" + (processID.map { ", process \($0)" } ?? "") : "not running")
    table.add("local key", keys.local.map { options.text($0) } ?? "none")
    table.add("autobase key", options.text(keys.base))
    table.add("database view key", options.text(keys.view))
    table.add("RPC server public key", options.text(keys.server))
    table.add("entries", "\(entries)")
    table.add("view", "\(view.length) blocks, \(view.indexedLength) indexed, \(view.signedLength) signed")
    if let system {
      table.add("system", "\(system.length) blocks, \(system.indexedLength) indexed, \(system.signedLength) signed")
    }
    table.add("indexers", "\(base.indexers.count), of which \(base.majority) decide")
    let stalls = Stall.all(base, options)
    if stalls.isEmpty { table.add("waits for", "nothing: all is indexed and signed") }
    for stall in stalls { table.add("waits for", stall.text) }
    try table.write(to: output)
    guard !members.isEmpty else { return }
    try output.line()
    var writers = Table(("WRITER", .left), ("ROLE", .left), ("LENGTH", .right), ("INDEXED", .right), ("STORED", .right))
    for (key, member) in members {
      let log = base.writers.first { $0.key == key }
      writers.add(
        options.text(key) + (key == keys.local ? " (local)" : ""), role(key, member), "\(member.length)",
        "\(log?.indexedLength ?? 0)", "\(log?.length ?? 0)")
    }
    try writers.write(to: output)
  }

  private func role(_ key: Fixed32, _ member: Member) -> String {
    if base.indexers.contains(key) { return member.isRemoved ? "indexer, removed" : "indexer" }
    if member.isRemoved { return base.info.pendingIndexers.contains(key) ? "withdrawn" : "removed" }
    return member.isIndexer ? "indexer, pending" : "writer"
  }
}
