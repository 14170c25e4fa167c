import CompactEncoding
import Hypercore
import JSON
import Replication
import ToolKit

/// What a run of `hc-log replicate` led to, log by log.
struct ReplicationSummary {
  private struct Line {
    let goal: ReplicationGoal
    let traffic: LogTraffic
    let shortfall: String?
  }

  private let lines: [Line]

  init(_ job: ReplicationJob) throws {
    lines = try job.goals.map { goal in
      Line(
        goal: goal, traffic: job.finalTraffic[goal.log.discoveryKey] ?? LogTraffic(),
        shortfall: try goal.shortfall(remoteLength: job.remoteLengths[goal.log.discoveryKey] ?? 0))
    }
  }

  /// What is missing of the first log that is not complete; nil when all are.
  var shortfall: String? {
    lines.first { $0.shortfall != nil }.map { "\($0.goal.text) is not complete: \($0.shortfall ?? "")" }
  }

  /// Prints a line for each log.
  func write(_ options: OutputOptions, write: (String) throws -> Void) throws {
    for line in lines {
      let (log, traffic) = (line.goal.log, line.traffic)
      guard options.json else {
        let state = line.shortfall.map { "incomplete: \($0)" } ?? "complete"
        try write(
          "\(line.goal.text): \(log.length) blocks, \(traffic.blocksDownloaded) received, \(traffic.blocksUploaded) sent, "
            + state)
        continue
      }
      var object = JSONObject()
      object["key"] = .string(options.text(log.key))
      object["name"] = .string(line.goal.text)
      object["length"] = .integer(Int64(log.length))
      object["contiguousLength"] = .integer(Int64(log.contiguousLength))
      object["fork"] = .integer(Int64(log.fork))
      object["received"] = .integer(Int64(traffic.blocksDownloaded))
      object["receivedBytes"] = .integer(Int64(traffic.bytesDownloaded))
      object["sent"] = .integer(Int64(traffic.blocksUploaded))
      object["sentBytes"] = .integer(Int64(traffic.bytesUploaded))
      object["complete"] = .bool(line.shortfall == nil)
      if let shortfall = line.shortfall { object["missing"] = .string(shortfall) }
      var bytes: [UInt8] = []
      JSON.object(object).write(to: &bytes)
      try write(String(decoding: bytes, as: UTF8.self))
    }
  }
}
