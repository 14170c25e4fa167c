public import CompactEncoding

/// The nodes of an ``OrderHistory`` in their places: columns of numbers, in which writers are named by their rank of
/// appearance, so that a node takes about 40 bytes besides what is kept of its value.
public struct OrderEntries: RandomAccessCollection, Sendable {
  /// A writer, and where its nodes are.
  private struct Writer: Sendable {
    var key: Fixed32
    /// The length of its first node that has a place.
    var first: UInt64 = 1
    /// The places of its nodes, which are in the order of its log.
    var places: [Int32] = []
  }

  /// What is known of a node besides its references.
  private struct Item: Sendable {
    var name: PackedNode
    /// Where its heads begin.
    var heads: UInt32
    var batch: UInt32
    /// The number of bytes of its value; `UInt32.max` without one.
    var valueLength: UInt32
    /// Where those begin that are kept.
    var value: Int
    var isVote: Bool
    var isMerge: Bool
  }

  private let keptBytes: Int
  private var writers: [Writer] = []
  private var ranks: [Fixed32: Int] = [:]
  private var nodes: [Item] = []
  private var heads: [PackedNode] = []
  private var values: [UInt8] = []
  /// Where each group of final nodes ends.
  private var groupEnds: [Int32] = []

  init(keptBytes: Int) { self.keptBytes = Swift.max(keptBytes, 0) }

  public var startIndex: Int { 0 }
  public var endIndex: Int { nodes.count }

  /// All writers that have a node here, or that one refers to, in the order in which they came up.
  public var keys: [Fixed32] { writers.map(\.key) }

  public subscript(index: Int) -> OrderHistory.Entry {
    let node = nodes[index]
    return OrderHistory.Entry(
      node: checkout(node.name), batch: UInt64(node.batch), value: value(index), valueLength: valueLength(index),
      heads: heads(index), isVote: node.isVote, isMerge: node.isMerge, group: group(index))
  }

  /// The node in a place.
  public func node(_ index: Int) -> Checkout { checkout(nodes[index].name) }

  /// The heads that the writer of a node knew.
  public func heads(_ index: Int) -> [Checkout] {
    let end = index + 1 < nodes.count ? Int(nodes[index + 1].heads) : heads.count
    return heads[Int(nodes[index].heads)..<end].map(checkout)
  }

  /// The number of bytes of a node's value; nil in an ack.
  public func valueLength(_ index: Int) -> Int? {
    let length = nodes[index].valueLength
    return length == .max ? nil : Int(length)
  }

  /// What is kept of a node's value; nil in an ack.
  public func value(_ index: Int) -> [UInt8]? {
    guard let length = valueLength(index) else { return nil }
    let start = nodes[index].value
    return Array(values[start..<start + Swift.min(length, keptBytes)])
  }

  /// The group with which a node became final; nil in the tip.
  public func group(_ index: Int) -> Int? {
    guard index < groupEnds.last ?? 0 else { return nil }
    var (low, high) = (0, groupEnds.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if groupEnds[middle] > index { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The places of the nodes that became final together.
  public func places(ofGroup group: Int) -> Range<Int> {
    Int(group == 0 ? 0 : groupEnds[group - 1])..<Int(groupEnds[group])
  }

  /// Where a node is.
  public func position(_ node: Checkout) -> Int? {
    guard let rank = ranks[node.key], node.length >= writers[rank].first else { return nil }
    let offset = node.length - writers[rank].first
    return offset < UInt64(writers[rank].places.count) ? Int(writers[rank].places[Int(offset)]) : nil
  }
}

extension OrderEntries {
  /// Adds the next node.
  mutating func append(_ node: Node, group: Int?) {
    let rank = rank(node.writer.key)
    if writers[rank].places.isEmpty { writers[rank].first = node.length }
    assert(node.length == writers[rank].first + UInt64(writers[rank].places.count), "a log is in its own order")
    writers[rank].places.append(Int32(nodes.count))
    let start = (heads: UInt32(heads.count), value: values.count)
    for head in node.heads { heads.append(PackedNode(rank: self.rank(head.key), length: head.length)) }
    if let value = node.value { values.append(contentsOf: value.prefix(keptBytes)) }
    nodes.append(
      Item(
        name: PackedNode(rank: rank, length: node.length), heads: start.heads, batch: UInt32(clamping: node.batch),
        valueLength: node.value.map { UInt32(clamping: $0.count) } ?? .max, value: start.value,
        isVote: node.writer.indexer != nil, isMerge: node.isMerge))
    guard let group else { return }
    while groupEnds.count <= group { groupEnds.append(groupEnds.last ?? 0) }
    groupEnds[group] = Int32(nodes.count)
  }

  private mutating func rank(_ key: Fixed32) -> Int {
    if let rank = ranks[key] { return rank }
    ranks[key] = writers.count
    writers.append(Writer(key: key))
    return writers.count - 1
  }

  private func checkout(_ name: PackedNode) -> Checkout { Checkout(key: writers[name.rank].key, length: name.length) }
}

/// A node in one word: the rank of its writer in 24 bits, its length in 40.
struct PackedNode: Sendable, Hashable {
  let word: UInt64

  init(word: UInt64) { self.word = word }

  init(rank: Int, length: UInt64) { word = UInt64(rank) << 40 | Swift.min(length, 1 << 40 - 1) }

  var rank: Int { Int(word >> 40) }
  var length: UInt64 { word & (1 << 40 - 1) }
}
