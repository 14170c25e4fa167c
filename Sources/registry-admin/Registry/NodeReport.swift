import Autobase
import CompactEncoding
import Corestore
import Glibc
import Hypercore
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
  /// All that ever were members; those whose logs are open while blocks of the system view are missing.
  let members: [(key: Fixed32, member: Member)]
  /// Nil while blocks of the view are missing, as after a fast-forward.
  let entries: Int?
  let storeSize: UInt64
  /// Too little space on the disk to go on.
  let shortage: Stall?
  let logs: [LogReport]
  let activity: WriterActivity
  /// What the running node says; nil when none does.
  var live: LiveStatus? { answer.status }
  private let answer: LiveStatus.Answer

  /// - Parameter answer: what the running node says, asked for before the store is read.
  init(_ node: RegistryNode, directory: String, live answer: LiveStatus.Answer) throws {
    self.answer = answer
    shortage = Stall.disk(directory)
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
    members = try Self.members(node, base)
    do { entries = try node.view.count() } catch is LogError { entries = nil }
    logs = try LogReport.all(node, base, answer.status)
    activity = try WriterActivity(node, base, window: WriterActivity.standardWindowMilliseconds)
  }

  private static func members(
    _ node: RegistryNode, _ base: AutobaseStatus
  ) throws -> [(key: Fixed32, member: Member)] {
    do { return try node.base.members() } catch is LogError {
      return base.writers.compactMap { writer in writer.member.map { (writer.key, $0) } }
    }
  }

  private static func size(_ path: String) -> UInt64 {
    var info = stat()
    return stat(path, &info) == 0 ? UInt64(max(0, info.st_size)) : 0
  }

  private var system: AutobaseStatus.View? { base.views.last }

  /// What the node waits for, in the order in which it should be looked at.
  func stalls(_ options: OutputOptions) -> [Stall] {
    [shortage, Stall.silence(answer, processID: processID)].compactMap(\.self) + Stall.all(base, options)
      + Stall.replication(logs, live, options)
  }

  /// Whether all that is known of the writers' logs is here. A node that runs and does not answer may know of more.
  var isSynced: Bool {
    if case .silence = answer { return false }
    let isStarted = base.info.members > 0
    return isStarted && base.writers.allSatisfy { $0.missing == nil && $0.announcedLength <= $0.length }
      && logs.allSatisfy { $0.isFrozen || $0.isSynced }
  }

  /// Whether everything that is here is final and signed.
  var isIndexed: Bool { base.wait == .nothing && base.obstacle == nil }

  // MARK: For programs

  func object(_ options: OutputOptions) -> JSON {
    var object = keys.object(options)
    object["storage"] = .string(storage)
    object["running"] = .bool(isRunning)
    object["processID"] = processID.map { .integer(Int64($0)) } ?? .null
    object["writable"] = .bool(isWriter)
    object["isIndexer"] = .bool(base.isIndexer)
    object["entries"] = entries.map { .integer(Int64($0)) } ?? .null
    object["viewLength"] = .integer(Int64(view.length))
    object["indexedLength"] = .integer(Int64(view.indexedLength))
    object["signedLength"] = .integer(Int64(view.signedLength))
    object["systemLength"] = .integer(Int64(system?.length ?? 0))
    object["majority"] = .integer(Int64(base.majority))
    object["storeSize"] = .integer(Int64(storeSize))
    object["writers"] = .array(members.map { .object(writer($0.key, $0.member, options)) })
    object["logs"] = .array(logs.map { $0.object(options) })
    object["votes"] = .array(base.votes.map { vote($0, options) })
    object["peers"] =
      live.map { live in
        .array(
          live.peers.map { ["peer": .string($0.name), "connected": .bool($0.isConnected), "state": .string($0.state)] })
      } ?? .null
    object["synced"] = .bool(isSynced)
    object["indexed"] = .bool(isIndexed)
    object["waits"] = .array(stalls(options).map { $0.object(options) })
    return .object(object)
  }

  private func vote(_ vote: AutobaseStatus.Vote, _ options: OutputOptions) -> JSON {
    [
      "key": .string(options.text(vote.node.key)), "length": .integer(Int64(vote.node.length)),
      "votes": .array(vote.votes.map { .string(options.text($0)) }),
      "missing": .array(vote.missing.map { .string(options.text($0)) }),
    ]
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
    object["lastSeen"] = activity[key].lastSeen.map { .integer(Int64($0)) } ?? .null
    object["up"] = .bool(activity[key].isUp)
    object["head"] = .bool(log?.isHead ?? false)
    return object
  }

  // MARK: For people

  func write(to output: Output, _ options: OutputOptions) throws {
    var table = Table()
    table.add("storage", "\(storage), \(SizeArgument.text(storeSize))")
    table.add("node", nodeText)
    table.add("local key", keys.local.map { options.text($0) } ?? "none")
    table.add("autobase key", options.text(keys.base))
    table.add("database view key", options.text(keys.view))
    table.add("RPC server public key", keys.serverText(options))
    table.add("entries", entries.map { "\($0)" } ?? "not known: blocks of the view are missing")
    table.add("view", "\(view.length) blocks, \(view.indexedLength) indexed, \(view.signedLength) signed")
    if let system {
      table.add("system", "\(system.length) blocks, \(system.indexedLength) indexed, \(system.signedLength) signed")
    }
    table.add("indexers", "\(base.indexers.count), of which \(base.majority) decide")
    let stalls = stalls(options)
    for peer in live?.peers ?? [] { table.add("peer", "\(peer.name): \(peer.state)") }
    if stalls.isEmpty { table.add("waits for", "nothing: all is indexed and signed") }
    for stall in stalls { table.add("waits for", stall.text) }
    try table.write(to: output)
    guard !members.isEmpty else { return }
    try output.line()
    var writers = Table(
      ("WRITER", .left), ("ROLE", .left), ("LENGTH", .right), ("INDEXED", .right), ("STORED", .right), ("SEEN", .left),
      ("VOTE", .left))
    for (key, member) in members {
      let log = base.writers.first { $0.key == key }
      writers.add(
        options.text(key) + (key == keys.local ? " (local)" : ""), role(key, member), "\(member.length)",
        "\(log?.indexedLength ?? 0)", "\(log?.length ?? 0)", activity[key].seenText, voteText(key))
    }
    try writers.write(to: output)
    try output.line()
    var known = Table(
      ("LOG", .left), ("ROLE", .left), ("LENGTH", .right), ("HERE", .right), ("SIGNED", .right), ("REMOTE", .right),
      ("%", .right), ("PEERS", .right))
    for log in logs {
      known.add(
        options.text(log.key), log.role.text + (log.isFrozen ? ", frozen" : ""), "\(log.length)",
        "\(log.contiguousLength)", "\(log.signedLength)", log.remoteLength.map { "\($0)" } ?? "?", "\(log.percent)",
        log.peerCount.map { "\($0)" } ?? "?")
    }
    try known.write(to: output)
  }

  private var nodeText: String {
    guard isRunning else { return "not running" }
    let isSilent = if case .silence = answer { true } else { false }
    return "running" + (processID.map { ", process \($0)" } ?? "") + (isSilent ? ", does not answer" : "")
  }

  /// Whether an indexer has voted for the oldest open node.
  private func voteText(_ key: Fixed32) -> String {
    guard base.indexers.contains(key) else { return "" }
    guard case .votes = base.wait, let oldest = base.votes.max(by: { $0.votes.count < $1.votes.count }) else {
      return "none open"
    }
    return oldest.votes.contains(key) ? "given" : "missing"
  }

  private func role(_ key: Fixed32, _ member: Member) -> String {
    if base.indexers.contains(key) { return member.isRemoved ? "indexer, removed" : "indexer" }
    if member.isRemoved { return base.info.pendingIndexers.contains(key) ? "withdrawn" : "removed" }
    return member.isIndexer ? "indexer, pending" : "writer"
  }
}
