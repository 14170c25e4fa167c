public import Autobase
public import CompactEncoding
import Hypercore
import HypercoreCrypto
public import Replication

/// How it stands with a node as a member of a cluster.
public struct NodeStatus: Sendable {
  /// One log that the node reads or serves.
  public struct Log: Sendable, Hashable {
    /// The core key.
    public var key: Fixed32
    /// What it is to the base; nil for a log that is only served.
    public var role: WantedCore.Role?
    /// Whether the node writes it.
    public var isLocal: Bool
    /// Its replication.
    public var replication: CoreReplicationStatus

    /// Percent of the longest length that a peer told of which is here without a gap; 100 when nobody told of more.
    public var percent: Int {
      let total = max(replication.length, replication.remoteLength)
      return total == 0 ? 100 : Int(min(replication.contiguousLength, total) * 100 / total)
    }
    /// Peers that have opened it.
    public var peerCount: Int { replication.peers.count { $0.isOpen } }
  }

  /// A name for something that has to come before the node can go on, and a line for people.
  public struct Wait: Sendable, Hashable {
    /// `store`, `base`, or `log`.
    public var subject: String
    /// The log, when it is one.
    public var key: Fixed32?
    /// What is waited for.
    public var text: String
  }

  /// The base.
  public var base: AutobaseStatus
  /// All logs that take part in the replication.
  public var logs: [Log]
  /// Connections over which logs are replicated.
  public var connectionCount: Int
  /// What the node waits for; empty when all is here, indexed and signed.
  public var waits: [Wait]
}

extension NodeDriver {
  /// How it stands.
  public func status() throws -> NodeStatus {
    let base = try node.base.status()
    let roles = Dictionary(wanted.map { ($0.key, $0.role) }) { first, _ in first }
    let logs = replicator.coreReplicators.map { core in
      NodeStatus.Log(
        key: core.log.key, role: roles[core.log.key], isLocal: core.log.key == node.localKey, replication: core.status)
    }
    var waits: [NodeStatus.Wait] = []
    if let problem { waits.append(NodeStatus.Wait(subject: "store", text: problem)) }
    for wait in base.waits where matters(wait, base) {
      waits.append(NodeStatus.Wait(subject: "base", text: "\(wait)"))
    }
    let removed = Set(base.writers.filter { $0.member?.isRemoved == true }.map(\.key))
    for log in logs where !log.isLocal && (log.role == .writer || log.role == .fastForward) {
      // Nobody has to have the log of a writer that was removed; what is missing of it, whoever refers to it says. Of
      // conflicts the base has told.
      for wait in log.replication.waits where !removed.contains(log.key) && wait != .frozen {
        waits.append(NodeStatus.Wait(subject: "log", key: log.key, text: "\(wait)"))
      }
    }
    return NodeStatus(base: base, logs: logs, connectionCount: peerConnectionCount, waits: waits)
  }

  /// Whether somebody waits for it. Acknowledgements alone are not voted for and signed on their own account.
  private func matters(_ wait: AutobaseStatus.Wait, _ base: AutobaseStatus) -> Bool {
    switch wait {
    case .indexerNode, .votes, .signatures:
      base.views.contains { !$0.name.hasPrefix("_") && $0.signedLength < $0.length }
    default: true
    }
  }

  /// Connections over which a log of the registry is replicated.
  public var peerConnectionCount: Int {
    replicator.streams.count { stream in
      replicator.coreReplicators.contains { stream.peer(of: $0)?.isOpen == true }
    }
  }
}
