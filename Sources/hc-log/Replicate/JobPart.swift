import Protomux
import Transport

/// Tells the job what happens on a connection: it stands behind the replication among the connection's parts, and so hears
/// of a read when the replication has stored what came.
final class JobPart: ConnectionPart {
  private let job: ReplicationJob
  private let connection: Connection

  init(_ job: ReplicationJob, on connection: Connection) {
    self.job = job
    self.connection = connection
    job.connected(at: connection.now)
  }

  func answer(_ key: PairKey, on connection: Connection) -> Bool { false }
  func owns(_ channel: MuxChannel) -> Bool { false }
  func handle(_ event: MuxEvent, on connection: Connection) {}
  func readCompleted(on connection: Connection) { job.look(at: connection.now) }
  func outputTaken(on connection: Connection) { job.look(at: connection.now) }
  var nextDeadline: UInt64? { job.nextDeadline }
  func expire(at now: UInt64, on connection: Connection) { job.expire(at: now) }
  func closed(_ reason: TransportError) { job.disconnected("\(reason)", at: connection.now) }
}
