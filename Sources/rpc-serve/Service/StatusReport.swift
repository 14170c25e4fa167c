import Autobase
import CompactEncoding
import HypercoreCrypto
import JSON
import Registry
import RegistryNode
import Replication
import Transport

/// What a node tells about itself when it is asked by a signal: one line, or the members of an object.
struct StatusReport {
  private let status: NodeStatus
  private let peers: [PeerStatus]
  private let shortage: String?

  /// - Parameter shortage: what is said when there is too little space on the disk.
  init(_ status: NodeStatus, peers: [PeerStatus], shortage: String?) {
    self.status = status
    self.peers = peers
    self.shortage = shortage
  }

  private var view: AutobaseStatus.View? { status.base.views.first { $0.name == RegistryView.name } }

  /// Logs of the base that others write, or that are served of what it computes.
  private var logs: [NodeStatus.Log] { status.logs.filter { $0.role != nil && !$0.isLocal } }

  private static func name(_ log: NodeStatus.Log) -> String {
    switch log.role {
    case .view(let name): name
    default: KeyIdentifier.encode(log.key)
    }
  }

  private var waits: [String] {
    status.waits.map { wait in wait.key.map { "\(KeyIdentifier.encode($0)) \(wait.text)" } ?? wait.text }
      + (shortage.map { [$0] } ?? [])
  }

  // MARK: For people

  var text: String {
    var text = ""
    if let view { text += "; view of \(view.length) blocks, \(view.signedLength) signed" }
    text += "; \(status.connectionCount) peers replicate"
    for log in logs where log.role == .writer {
      let length = max(log.replication.length, log.replication.remoteLength)
      text +=
        "; \(log.replication.contiguousLength) of \(length) blocks of \(Self.name(log)) (\(log.percent) %)"
    }
    for peer in peers { text += "; \(peer.peer): \(peer)" }
    return text + "; waits for " + (waits.isEmpty ? "\(AutobaseStatus.Wait.nothing)" : waits.joined(separator: "; "))
  }

  // MARK: For programs

  var members: JSONObject {
    var object = JSONObject()
    if let view {
      object["viewLength"] = .integer(Int64(view.length))
      object["signedLength"] = .integer(Int64(view.signedLength))
    }
    object["replicating"] = .integer(Int64(status.connectionCount))
    object["peers"] = .array(
      peers.map { peer in
        let isConnected = if case .connected = peer.state { true } else { false }
        return [
          "peer": .string("\(peer.peer)"), "connected": .bool(isConnected), "state": .string("\(peer)"),
          "connections": .integer(Int64(peer.connectionCount)),
        ]
      })
    object["logs"] = .array(status.logs.map { .object(member($0)) })
    object["waits"] = .string(waits.isEmpty ? "\(AutobaseStatus.Wait.nothing)" : waits.joined(separator: "; "))
    return object
  }

  private func member(_ log: NodeStatus.Log) -> JSONObject {
    let replication = log.replication
    var object = JSONObject([("key", .string(KeyIdentifier.encode(log.key)))])
    switch log.role {
    case .writer?: object["role"] = .string(log.isLocal ? "local" : "writer")
    case .view(let name)?: object["role"] = .string(name)
    case .fastForward?: object["role"] = .string("fast-forward")
    case nil: object["role"] = .null
    }
    object["length"] = .integer(Int64(replication.length))
    object["contiguousLength"] = .integer(Int64(replication.contiguousLength))
    object["remoteLength"] = .integer(Int64(replication.remoteLength))
    object["percent"] = .integer(Int64(log.percent))
    object["peers"] = .integer(Int64(log.peerCount))
    object["waits"] = .array(replication.waits.map { .string("\($0)") })
    return object
  }
}
