import CompactEncoding

/// Makes the blocks of an output, one behind the other.
///
/// The newer layout writes a key in full only in the first block that needs it. Prefix clocks only grow along a view,
/// so the clock of the last block points to every key that was written so far.
struct OutputEncoder {
  /// The layout of the blocks.
  let format: NodeFormat
  /// Number of blocks so far.
  private(set) var length: UInt64
  private let ranks: [Fixed32: Int]
  private var pointers: [Fixed32: KeyPointer]
  /// The keys of the clock that was encoded last, and the order in which they are written.
  private var lastKeys: [Fixed32] = []
  private var lastOrder: [Int] = []

  /// Goes on behind the first `length` blocks of an output.
  ///
  /// - Parameters:
  ///   - newFormat: the layout when there are none.
  ///   - order: the inputs in the order in which clocks list them; others follow by key. The older layout lists all by
  ///     key.
  init(after output: OutputLog?, length: UInt64, newFormat: NodeFormat, order: [Fixed32]) throws {
    let output = length == 0 ? nil : output
    format = output?.format ?? newFormat
    self.length = length
    ranks = Dictionary(zip(order, 0...), uniquingKeysWith: min)
    pointers = try output?.pointers(at: length - 1) ?? [:]
  }

  /// The block of an entry.
  mutating func block(_ node: OutputNode) -> [UInt8] {
    defer { length += 1 }
    let header = length == 0 ? NodeProtocol.output.rawValue : nil
    let entries = node.clock.entries
    guard format == .alpha9 else {
      return Alpha8Block(
        header: header, change: node.change, clock: entries.map { ClockEntry(key: $0.key, seq: $0.seq) },
        value: node.value, batch: node.batch
      ).encoded()
    }
    var block = Alpha9Block(value: node.value)
    block.header = header
    var clock: [PointedClockEntry] = []
    clock.reserveCapacity(entries.count)
    for place in order(of: entries) {
      let (key, seq) = entries[place]
      clock.append(PointedClockEntry(pointer: pointer(to: key, in: &block), seq: seq))
    }
    block.clock = clock
    block.change = pointer(to: node.change, in: &block)
    block.batch = node.batch
    block.operations = node.operations
    return block.encoded()
  }

  private mutating func pointer(to key: Fixed32, in block: inout Alpha9Block) -> KeyPointer {
    if let known = pointers[key] { return known }
    let new = KeyPointer(seq: length, offset: UInt64(block.keys.count))
    block.keys.append(key)
    pointers[key] = new
    return new
  }

  private mutating func order(of entries: [(key: Fixed32, seq: UInt64)]) -> [Int] {
    if lastKeys.count == entries.count, zip(lastKeys, entries).allSatisfy({ $0 == $1.key }) { return lastOrder }
    lastKeys = entries.map(\.key)
    let ranks = lastKeys.map { self.ranks[$0] ?? .max }
    lastOrder = lastKeys.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }
    return lastOrder
  }
}
