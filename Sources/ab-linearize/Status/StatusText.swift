import Autobase
import CompactEncoding
import Glibc
import GraphDrawing
import ToolKit

/// Where a base stands, for people.
struct StatusText {
  private let status: AutobaseStatus
  private let lastSeen: [Fixed32: UInt64]
  private let shortage: String?
  private let options: OutputOptions
  private let names: NodeNames

  /// - Parameter shortage: what is said when there is too little space on the disk.
  init(_ status: AutobaseStatus, _ lastSeen: [Fixed32: UInt64], _ shortage: String?, _ options: OutputOptions) {
    self.shortage = shortage
    self.status = status
    self.lastSeen = lastSeen
    self.options = options
    names = NodeNames(status.writers.map(\.key) + status.indexers, options)
  }

  func write(to output: Output) throws {
    var summary = Table()
    summary.add("base", options.text(status.key))
    summary.add("local writer", status.localKey.map { options.text($0) } ?? "none")
    summary.add("may write", status.isMember ? "yes" : "no")
    summary.add("indexer", status.isIndexer ? "yes" : "no")
    summary.add("majority", "\(status.majority) of \(status.indexers.count)")
    summary.add("heads", names(status.heads))
    summary.add("not final yet", "\(status.tipLength) nodes")
    var waits = status.waits
    if waits.isEmpty, shortage == nil { waits = [.nothing] }
    let lines = waits.map { $0.text { options.text($0) } } + (shortage.map { [$0] } ?? [])
    for (i, line) in lines.enumerated() { summary.add(i == 0 ? "waits for" : "", line) }
    try summary.write(to: output)
    try writeViews(output)
    try writeWriters(output)
    for poll in status.polls { try write(poll, output) }
  }

  private func writeViews(_ output: Output) throws {
    try output.line()
    var views = Table(("view", .left), ("length", .right), ("indexed", .right), ("signed", .right), ("key", .left))
    for view in status.views {
      views.add(view.name, "\(view.length)", "\(view.indexedLength)", "\(view.signedLength)", options.text(view.key))
    }
    try views.write(to: output)
  }

  private func writeWriters(_ output: Output) throws {
    try output.line()
    var writers = Table(
      ("writer", .left), ("known", .right), ("here", .right), ("ordered", .right), ("indexed", .right),
      ("signed", .right), ("last seen", .left), ("is", .left), ("has seen", .left))
    for writer in status.writers {
      writers.add(
        options.text(writer.key), "\(max(writer.announcedLength, writer.length))", "\(writer.length)",
        "\(writer.orderedLength)", "\(writer.indexedLength)", writer.signedSystemLength.map { "\($0)" } ?? "-",
        lastSeen[writer.key].map(Self.age) ?? "-", describe(writer),
        names(writer.heads.filter { $0.key != writer.key }))
    }
    try writers.write(to: output)
  }

  private func write(_ poll: Poll, _ output: Output) throws {
    try output.line()
    try output.line(
      "\(names(poll.node)) has \(poll.votes.count) of \(poll.voters.count) votes, \(poll.majority) needed")
    for voter in poll.voters {
      let knows = voter.knowledge == .quorum ? "; has seen a majority of the votes" : ""
      try output.line("  \(names(voter.key)) " + ExplanationText.describe(voter.answer, poll, names) + knows)
    }
  }

  private func describe(_ writer: AutobaseStatus.Writer) -> String {
    var words: [String] = []
    if writer.isLocal { words.append("local") }
    if writer.isActiveIndexer {
      words.append("indexer")
    } else if writer.isPendingIndexer {
      words.append("pending indexer")
    } else if let member = writer.member {
      words.append(member.isRemoved ? "removed" : "writer")
    } else {
      words.append("stranger")
    }
    if writer.isHead { words.append("head") }
    if writer.hasConflict { words.append("conflict") }
    if writer.isFrozen { words.append("frozen at block \(writer.orderedLength)") }
    if let missing = writer.missing { words.append("waits for \(names(missing))") }
    return words.joined(separator: ", ")
  }

  private static func age(_ time: UInt64) -> String {
    var clock = timespec()
    clock_gettime(CLOCK_REALTIME, &clock)
    let now = UInt64(clock.tv_sec) * 1000 + UInt64(clock.tv_nsec) / 1_000_000
    let seconds = now > time ? (now - time) / 1000 : 0
    switch seconds {
    case 0..<2: return "just now"
    case 2..<120: return "\(seconds) s ago"
    case 120..<7200: return "\(seconds / 60) min ago"
    case 7200..<172_800: return "\(seconds / 3600) h ago"
    default: return "\(seconds / 86_400) days ago"
    }
  }
}

extension AutobaseStatus {
  /// Whether the local writer may write. The base is open for reading only, so it would say no itself.
  var isMember: Bool { writers.contains { $0.isLocal && $0.member?.isRemoved == false } }
}
