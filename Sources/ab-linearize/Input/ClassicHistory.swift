import Autobase
import AutobaseClassic
import CompactEncoding

/// The nodes of classic inputs as nodes of a base that is ordered by votes.
struct ClassicHistory {
  private var nodes: [Fixed32: [InputNode]] = [:]

  /// Reads an input, except for a batch at its end that is not complete.
  mutating func add(_ log: KeyedMemoryLog) throws {
    let base = ClassicAutobase(inputs: [log])
    var list: [InputNode] = []
    var length = log.length
    while length > 0 {
      do {
        var stream = try base.causalStream(from: CausalClock([(key: log.key, seq: length - 1)]), includesAcks: true)
        while let node = try stream.next() { list.append(node.node) }
        break
      } catch ClassicError.unavailable(_, let seq, let known) where seq >= known {
        length -= 1
        list = []
      }
    }
    nodes[log.key] = list.reversed()
  }

  /// The nodes of an input, the oldest first.
  subscript(key: Fixed32) -> [InputNode] { nodes[key] ?? [] }

  /// What a node refers to: of all that its clock names, what nothing else there has seen.
  func heads(of node: InputNode) -> [Checkout] {
    var entries = node.clock.entries
    if node.seq > 0, let previous = self.node(node.key, node.seq - 1) {
      entries.removeAll { previous.clock.covers($0.key, $0.seq) }
    }
    let seen = entries.map { self.node($0.key, $0.seq)?.clock }
    let heads = entries.filter { entry in !seen.contains { $0?.covers(entry.key, entry.seq) ?? false } }
    return heads.map { Checkout(key: $0.key, length: $0.seq + 1) }
  }

  private func node(_ key: Fixed32, _ seq: UInt64) -> InputNode? {
    guard let list = nodes[key], seq < UInt64(list.count) else { return nil }
    return list[Int(seq)]
  }
}
