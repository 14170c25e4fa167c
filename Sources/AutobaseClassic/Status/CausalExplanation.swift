public import Autobase
import CompactEncoding

/// Why a node is where it is in the causal order.
public struct CausalExplanation: Sendable, Hashable {
  /// One of the newest nodes of the inputs that were left when the node was passed.
  public struct Head: Sendable, Hashable {
    /// The node.
    public var node: Checkout
    /// Another head that has seen it, so that it could not be passed; nil for a candidate.
    public var seenBy: Checkout?
    /// For a candidate: how many nodes it alone among the candidates has seen.
    public var size: UInt64?
  }

  /// What decided.
  public enum Reason: Sendable, Hashable {
    /// All other heads were seen by others.
    case onlyCandidate
    /// It alone had seen the least; the next one had this size.
    case smallest(next: UInt64)
    /// Others had the same size, and theirs is the larger key.
    case smallerKey
    /// The node after it in its batch was passed just before it: a batch stays together.
    case batch(of: Checkout)
  }

  /// The node.
  public var node: Checkout
  /// Its place, from the oldest node on.
  public var index: Int
  /// How many nodes there are.
  public var count: Int
  /// Its place in its batch.
  public var batch: BatchPosition
  /// Number of bytes of its value; nil in an ack.
  public var valueLength: Int?
  /// What its writer had seen.
  public var clock: CausalClock
  /// The newest of that which no other of it has seen.
  public var references: [Checkout]
  /// The newest nodes of the inputs that were left, this one or the last of its batch among them.
  public var prefix: CausalClock
  /// How many nodes that covers.
  public var operations: UInt64
  /// Those nodes, candidates first, the smallest first.
  public var heads: [Head]
  /// Why it was taken among them.
  public var reason: Reason
  /// The node that comes before it in the order.
  public var before: Checkout?
  /// The node that comes after it.
  public var after: Checkout?
}

extension CausalHistory {
  /// Explains a node that was read; nil for others.
  ///
  /// - Throws: ``ClassicError``, or an error of the storage below.
  public func explain(_ node: Checkout) throws -> CausalExplanation? {
    guard let index = position(node) else { return nil }
    let entry = entry(index)
    // A batch is placed by its last member.
    let end = index + min(Int(clamping: entry.batch.rest), count - 1 - index)
    let prefix = prefix(end)
    let heads = try Self.rank(prefix.entries.map { try base.node($0.key, $0.seq) })
    var reason = CausalExplanation.Reason.onlyCandidate
    let candidates = heads.compactMap(\.size)
    if !entry.batch.isLast {
      reason = .batch(of: Checkout(key: node.key, length: node.length + UInt64(end - index)))
    } else if candidates.count > 1 {
      reason = candidates[1] > candidates[0] ? .smallest(next: candidates[1]) : .smallerKey
    }
    let older = index > firstIndex ? self.node(index - 1) : nil
    return CausalExplanation(
      node: node, index: index, count: count, batch: entry.batch, valueLength: entry.valueLength,
      clock: try base.node(node.key, node.length - 1).clock, references: references(index), prefix: prefix,
      operations: prefix.operations, heads: heads, reason: reason, before: older,
      after: index + 1 < count ? self.node(index + 1) : nil)
  }

  /// The newest nodes that are left when all that comes behind a place was passed.
  private func prefix(_ index: Int) -> CausalClock {
    var clock = start
    for place in (index + 1..<max(count, index + 1)).reversed() {
      let passed = node(place)
      clock[passed.key] = passed.length > 1 ? passed.length - 2 : nil
    }
    return clock
  }

  /// The heads with what decides between them, in the order in which they would be passed.
  private static func rank(_ nodes: [InputNode]) -> [CausalExplanation.Head] {
    let seenBy = nodes.map { node in
      nodes.first { $0.key != node.key && $0.sees(node) }.map { Checkout(key: $0.key, length: $0.seq + 1) }
    }
    let forks = nodes.indices.filter { seenBy[$0] == nil }.map { nodes[$0] }
    let heads = nodes.indices.map { i in
      let node = Checkout(key: nodes[i].key, length: nodes[i].seq + 1)
      return CausalExplanation.Head(
        node: node, seenBy: seenBy[i], size: seenBy[i] == nil ? size(nodes[i], among: forks) : nil)
    }
    return heads.sorted { a, b in
      let (x, y) = (a.size ?? .max, b.size ?? .max)
      return x != y ? x < y : a.node.key < b.node.key
    }
  }

  /// How many nodes a candidate has seen that no other one has.
  private static func size(_ node: InputNode, among forks: [InputNode]) -> UInt64 {
    node.clock.entries.reduce(0) { sum, entry in
      let others = forks.lazy.filter { $0.key != node.key }.compactMap { $0.clock[entry.key] }.map { $0 + 1 }.max() ?? 0
      return sum + (entry.seq + 1 > others ? entry.seq + 1 - others : 0)
    }
  }
}
