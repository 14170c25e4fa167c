import CompactEncoding
import Hypercore
import Replication

/// A log that is to be replicated, and how it stands with it.
struct ReplicationGoal {
  /// Its name, or its key when it has none.
  let text: String
  let log: Hypercore
  /// Whether it was asked for by itself, so that it is a failure when nobody has it.
  let isExplicit: Bool
  let policy: DownloadPolicy
  /// The blocks that were here at the start.
  let initialLength: UInt64

  init(_ log: Hypercore, text: String, isExplicit: Bool, policy: DownloadPolicy) {
    self.log = log
    self.text = text
    self.isExplicit = isExplicit
    self.policy = policy
    initialLength = log.length
  }

  /// What is missing, as far as it is known; nil when everything that was asked for is here.
  func shortfall(remoteLength: UInt64) throws -> String? {
    let length = log.length
    if length == 0 && isExplicit && !log.isWritable { return "no peer has it" }
    if remoteLength > length { return "a peer has \(remoteLength) blocks, \(length) are here" }
    let ranges: [Range<UInt64>]
    switch policy {
    case .none, .head: return nil
    case .everything: ranges = [0..<length]
    case .ranges(let wanted): ranges = wanted.map { $0.clamped(to: 0..<length) }
    }
    guard let range = try ranges.first(where: { try !log.has($0) }) else { return nil }
    let missing = try firstMissing(in: range)
    return "block \(missing) is not here"
  }

  private func firstMissing(in range: Range<UInt64>) throws -> UInt64 {
    if range.lowerBound == 0 { return try min(log.firstMissingBlock(), range.upperBound - 1) }
    // Halving: the first half that is not complete holds the first missing block.
    var range = range
    while range.count > 1 {
      let middle = range.lowerBound + UInt64(range.count) / 2
      range = try log.has(range.lowerBound..<middle) ? middle..<range.upperBound : range.lowerBound..<middle
    }
    return range.lowerBound
  }
}
