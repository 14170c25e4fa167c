import Autobase
import CompactEncoding
import JSON
import RegistryNode
import StoreToolKit
import ToolKit

/// Something that a node waits for, and what to do about it.
struct Stall {
  /// A word that programs can rely on.
  var reason: String
  /// One line for people.
  var text: String
  /// Whom it waits for.
  var from: [Fixed32] = []
  /// How many of them are needed.
  var needed: Int?

  func object(_ options: OutputOptions) -> JSON {
    var object = JSONObject([("reason", .string(reason)), ("text", .string(text))])
    if !from.isEmpty { object["from"] = .array(from.map { .string(options.text($0)) }) }
    if let needed { object["needed"] = .integer(Int64(needed)) }
    return .object(object)
  }
}

extension Stall {
  /// All that the node of `status` waits for; none when everything is indexed and signed.
  static func all(_ status: AutobaseStatus, _ options: OutputOptions) -> [Stall] {
    [obstacle(status)].compactMap(\.self) + membership(status, options) + writers(status, options)
      + [checkpoint(status, options)].compactMap(\.self)
  }

  /// What the replication of the logs waits for, as far as the node needs it; none when everything is here.
  static func replication(_ logs: [LogReport], _ live: LiveStatus?, _ options: OutputOptions) -> [Stall] {
    var stalls = logs.filter(\.isFrozen).map {
      Stall(
        reason: "frozen", text: "nothing more of \(options.text($0.key)): two conflicting signatures of it were seen",
        from: [$0.key])
    }
    stalls += logs.filter { $0.contiguousLength < $0.length && $0.role != .writer && $0.role != .local }.map {
      Stall(
        reason: "view-blocks",
        text: "blocks of the view \($0.role.text): \($0.contiguousLength) of \($0.length) are here", from: [$0.key])
    }
    let writers = logs.filter { $0.role == .writer && !$0.isFrozen }
    guard let live else { return stalls }
    if !writers.isEmpty, live.replicatingCount == 0 {
      stalls.append(Stall(reason: "peer", text: "a peer" + missingPeer(live)))
      return stalls
    }
    for log in writers where !log.isSynced {
      stalls.append(
        Stall(
          reason: "blocks",
          text:
            "blocks of \(options.text(log.key)): \(log.reachedLength) of \(max(log.length, log.remoteLength ?? 0)) are here"
            + (log.waits.isEmpty ? "" : ", which \(log.waits.joined(separator: ", "))"), from: [log.key]))
    }
    return stalls
  }

  /// Why no peer replicates anything.
  private static func missingPeer(_ live: LiveStatus) -> String {
    let down = live.peers.filter { !$0.isConnected }.map { "\($0.name) (\($0.state))" }
    let strange = live.peers.filter(\.isConnected).map(\.name)
    guard !strange.isEmpty else {
      return ": "
        + (down.isEmpty ? "none is connected, and the node was given none with --peer" : down.joined(separator: ", "))
    }
    let others = down.isEmpty ? "" : "; not connected: " + down.joined(separator: ", ")
    return " of this registry: connected is \(strange.joined(separator: ", ")), which has none of its logs; "
      + "is the bootstrap key the right one?" + others
  }

  /// Too little space to go on.
  static func disk(_ directory: String) -> Stall? {
    DiskSpace.shortage(directory).map { Stall(reason: "disk-full", text: $0) }
  }

  /// The running node does not say how it is: it hangs or was stopped.
  static func silence(_ live: LiveStatus.Answer, processID: Int32?) -> Stall? {
    guard case .silence = live else { return nil }
    let process = processID.map { ", process \($0)," } ?? ""
    return Stall(reason: "node", text: "the running node\(process) to answer: it is stopped or busy")
  }

  private static func obstacle(_ status: AutobaseStatus) -> Stall? {
    guard let obstacle = status.obstacle else { return nil }
    let reason =
      switch obstacle {
      case .interrupted: "interrupted"
      case .storeFailed: "store"
      case .recovering: "recovery"
      case .fastForwarding: "fast-forward"
      case .missingBlocks: "view-blocks"
      }
    return Stall(reason: reason, text: "\(obstacle)")
  }

  private static func membership(_ status: AutobaseStatus, _ options: OutputOptions) -> [Stall] {
    guard let local = status.localKey, local != status.key else { return [] }
    let bootstrap = status.writers.first { $0.key == status.key }
    if status.info.members == 0, bootstrap?.length ?? 0 == 0 {
      return [
        Stall(reason: "bootstrap", text: "the log of the bootstrap writer: no peer has sent it", from: [status.key])
      ]
    }
    let own = status.writers.first(where: \.isLocal)
    if own?.member?.isRemoved == true {
      return [
        Stall(
          reason: "membership",
          text:
            "to be added again: it was removed as a writer; `registry-admin add-writer \(options.text(local))` on an indexer"
        )
      ]
    }
    if own?.member == nil {
      return [
        Stall(
          reason: "membership",
          text: "to be added as a writer: `registry-admin add-writer \(options.text(local))` on an indexer")
      ]
    }
    if own?.isPendingIndexer == true {
      return [Stall(reason: "first-node", text: "its own first node, which makes it an indexer", from: [local])]
    }
    return []
  }

  private static func writers(_ status: AutobaseStatus, _ options: OutputOptions) -> [Stall] {
    status.writers.compactMap { writer in
      if writer.isFrozen {
        return Stall(
          reason: "foreign-block",
          text:
            "nothing more of \(options.text(writer.key)): block \(writer.orderedLength) is no message of this registry",
          from: [writer.key])
      }
      guard let missing = writer.missing else {
        guard writer.announcedLength > writer.length else { return nil }
        return Stall(
          reason: "blocks",
          text: "blocks of \(options.text(writer.key)) up to \(writer.announcedLength), of which peers have told",
          from: [writer.key])
      }
      return Stall(
        reason: "missing-node",
        text: "block \(missing.length) of \(options.text(missing.key)), to which \(options.text(writer.key)) refers",
        from: [missing.key])
    }
  }

  private static func checkpoint(_ status: AutobaseStatus, _ options: OutputOptions) -> Stall? {
    func names(_ keys: [Fixed32]) -> String { keys.map { options.text($0) }.joined(separator: ", ") }
    switch status.wait {
    case .nothing, .blocks, .frozen, .conflict, .obstacle: return nil
    case .firstNode:
      // Without the bootstrap writer's log, that is what is missing.
      guard status.localKey == status.key || status.writers.contains(where: { $0.length > 0 }) else { return nil }
      return Stall(reason: "first-node", text: "the first node of the bootstrap writer", from: [status.key])
    case .indexerNode(let keys):
      return Stall(
        reason: "indexer-node", text: "a node of an indexer that links what others wrote: \(names(keys))", from: keys)
    case .votes(let keys, let needed):
      return Stall(reason: "votes", text: "votes of \(needed) of: \(names(keys))", from: keys, needed: needed)
    case .signatures(let keys, let needed):
      return Stall(
        reason: "signatures", text: "signatures of \(needed) of: \(names(keys))", from: keys, needed: needed)
    case .indexing(let length):
      return Stall(reason: "indexing", text: "system block \(length) to be indexed here; it is signed already")
    }
  }
}
