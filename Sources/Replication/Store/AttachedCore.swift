internal import Hypercore

/// A log that takes part in the replication of a store.
final class AttachedCore {
  let replicator: CoreReplicator
  /// Whether the log is in use here: offered on every connection, and kept.
  var isActive = false
  /// Whether the session is of no use to anybody else and is to be closed.
  var ownsSession: Bool
  /// Waits in the list of those to be flushed.
  var isTouched = false
  /// Checks since it was last of use.
  var idleCheckCount = 0
  /// The log as peers were last told of it.
  var seen: State

  /// What of a log can change without the replicator doing it.
  struct State: Equatable {
    let length: UInt64
    let fork: UInt64
    let contiguousLength: UInt64
    let hasManifest: Bool

    init(_ log: Hypercore) {
      length = log.length
      fork = log.fork
      contiguousLength = log.contiguousLength
      hasManifest = log.manifest != nil
    }
  }

  init(_ replicator: CoreReplicator, ownsSession: Bool) {
    self.replicator = replicator
    self.ownsSession = ownsSession
    seen = State(replicator.log)
  }

  var log: Hypercore { replicator.log }

  /// Whether nobody needs it.
  var isIdle: Bool { !isActive && replicator.peers.isEmpty }
}
