public import Autobase
public import CompactEncoding

/// The nodes of a base in the order of its views, the oldest first, as far back as somebody wants to look: what the
/// causal stream passed, from the newest on.
///
/// Places count from the oldest node. They are known without reading it: the prefix clock of a node covers it and all
/// that is older. Of each node that was read a few dozen bytes are kept, and its clock: four bytes for each input.
public final class CausalHistory {
  /// A node in its place.
  public struct Entry: Sendable, Hashable {
    /// Input and 1-based position in it.
    public var node: Checkout
    /// Its place in its batch.
    public var batch: BatchPosition
    /// The application's bytes, or as many of the first ones as were to be kept; nil in an ack.
    public var value: [UInt8]?
    /// Number of the application's bytes; nil in an ack.
    public var valueLength: Int?
  }

  let base: ClassicAutobase
  /// The newest node of each input at the start.
  let start: CausalClock
  private let roster: Roster
  /// The inputs, by key.
  public let keys: [Fixed32]
  /// How many nodes there are, those among them that were not read.
  public let count: Int
  /// The place of the oldest node that was read.
  public private(set) var firstIndex: Int

  private struct Item {
    var column: Int32
    var length: UInt32
    var batch: BatchPosition
    var value: [UInt8]?
    var valueLength: UInt32
  }

  /// From the newest on.
  private var items: [Item] = []
  /// For each node the lengths of all inputs that it has seen.
  private var rows: [UInt32] = []
  /// For each input the places in ``items`` of its nodes, from the newest on.
  private var places: [[Int32]]

  /// Reads nodes from the newest on.
  ///
  /// - Parameters:
  ///   - clock: where to begin; the newest nodes of all inputs if nil.
  ///   - keptBytes: how many bytes of each value are kept.
  ///   - isEnough: called with each node and its place; true ends the reading, with the rest of its batch.
  /// - Throws: ``ClassicError``, or an error of the storage below.
  public init(
    _ base: ClassicAutobase, from clock: CausalClock? = nil, keptBytes: Int = .max,
    isEnough: (_ node: Checkout, _ index: Int) -> Bool = { _, _ in false }
  ) throws {
    self.base = base
    start = try clock ?? base.latest()
    roster = base.roster
    keys = roster.keys
    places = Array(repeating: [], count: keys.count)
    var stream = try base.causalStream(from: start, includesAcks: true)
    var total: Int?
    var isDone = false
    while !isDone || items.last?.batch.isFirst == false, let place = try stream.next() {
      let node = place.node
      if total == nil { total = Int(clamping: place.operations) }
      guard let column = roster.index(of: node.key) else { continue }
      places[column].append(Int32(items.count))
      items.append(
        Item(
          column: Int32(column), length: UInt32(clamping: node.seq + 1), batch: node.batch,
          value: keptBytes == 0 ? nil : node.value.map { Array($0.prefix(keptBytes)) },
          valueLength: node.value.map { UInt32(clamping: $0.count) } ?? .max))
      rows.append(contentsOf: CausalHistory.row(node.clock, roster))
      if isEnough(Checkout(key: node.key, length: node.seq + 1), (total ?? 0) - items.count) { isDone = true }
    }
    count = total ?? 0
    firstIndex = count - items.count
  }

  private func item(_ index: Int) -> Item { items[count - 1 - index] }

  /// The node in a place that was read.
  public func node(_ index: Int) -> Checkout {
    let item = item(index)
    return Checkout(key: keys[Int(item.column)], length: UInt64(item.length))
  }

  /// What is known of a node that was read.
  public func entry(_ index: Int) -> Entry {
    let item = item(index)
    let length = item.valueLength == .max ? nil : Int(item.valueLength)
    return Entry(node: node(index), batch: item.batch, value: length.map { _ in item.value ?? [] }, valueLength: length)
  }

  /// The place of a node that was read; nil for others.
  public func position(_ node: Checkout) -> Int? {
    guard let column = roster.index(of: node.key),
      let newest = places[column].first.map({ items[Int($0)].length }),
      node.length <= UInt64(newest)
    else { return nil }
    let offset = UInt64(newest) - node.length
    return offset < UInt64(places[column].count) ? count - 1 - Int(places[column][Int(offset)]) : nil
  }
}

extension CausalHistory {
  /// The newest nodes that a node has seen, without those that another one of them has seen: its heads, and the node
  /// before it in its own log when none of them has seen that. Of links to inputs that are not members nothing is told.
  public func references(_ index: Int) -> [Checkout] {
    let seen = row(index).enumerated().filter { $1 > 0 }.map { (column: $0, length: $1) }
    var covered = [UInt32](repeating: 0, count: keys.count)
    for entry in seen {
      for (column, length) in row(entry.column, entry.length).enumerated() where length > covered[column] {
        covered[column] = length
      }
    }
    return seen.filter { covered[$0.column] < $0.length }
      .map { Checkout(key: keys[$0.column], length: UInt64($0.length)) }
  }

  /// The clock of a node that was read, as lengths, by input.
  private func row(_ index: Int) -> ArraySlice<UInt32> {
    let start = (count - 1 - index) * keys.count
    return rows[start..<start + keys.count]
  }

  /// The clock of any node. What is not here has seen nothing.
  private func row(_ column: Int, _ length: UInt32) -> ArraySlice<UInt32> {
    let node = Checkout(key: keys[column], length: UInt64(length))
    if let index = position(node) { return row(index) }
    guard let older = try? base.node(node.key, node.length - 1) else { return [] }
    return CausalHistory.row(older.clock, roster)[...]
  }

  private static func row(_ clock: CausalClock, _ roster: Roster) -> [UInt32] {
    if clock.table.sharesKeys(with: roster.emptyTable) { return clock.table.lengths.map { UInt32(clamping: $0) } }
    return roster.keys.map { UInt32(clamping: clock.table[$0]) }
  }
}
