/// Which of the published versions' rules decide the order.
public enum CausalOrder: Sendable {
  /// Ties go to the smaller key, batches stay together.
  case alpha9
  /// Ties go to the input that was added first, members of a batch are placed one by one.
  case alpha8
}

/// The entries of some inputs, newest first, in the deterministic order that two bases with the same inputs share.
///
/// The newest entry of each input is a *head*. Again and again the head is passed that no other head depends on, and
/// that alone has seen least; its predecessor takes its place. See the head comment of the module.
///
/// What the stream covers is fixed when it is made: entries and inputs that come later are not in it. It never passes
/// an entry that depends on one that is not here: ``next()`` throws ``ClassicError/unavailable(key:seq:length:)``, and
/// can be called again when that has come.
public struct CausalStream {
  private let roster: Roster
  private let includesAcks: Bool
  private let keepsBatches: Bool
  private let ranks: [Int]?
  private var cursors: [InputCursor]
  /// Lengths beyond which nothing can be linked.
  private var lengths: [UInt64]
  private var heads: [Head?]
  private var forks: ForkIndex
  private var prefix: ClockTable
  private var operations: UInt64 = 0
  /// Heads that are still to be read.
  private var unopened: [(column: Int, seq: UInt64)]
  /// The head that was passed last: its predecessor is still to be read.
  private var passed: Int?
  /// The head whose batch is being passed.
  private var batch: Int?

  /// - Parameters:
  ///   - inputs: in the order in which they were added.
  ///   - start: the newest entries that are in the stream. When it names other inputs, the stream is empty.
  init(
    _ inputs: [InputLog], start: CausalClock, order: CausalOrder, includesAcks: Bool, roster: Roster,
    derived: DerivedClocks
  ) {
    self.roster = roster
    self.includesAcks = includesAcks
    keepsBatches = order == .alpha9
    let count = roster.count
    let sorted = inputs.enumerated().sorted { $0.element.key < $1.element.key }
    ranks = order == .alpha8 ? sorted.map(\.offset) : nil
    cursors = []
    for (column, (_, input)) in sorted.enumerated() {
      cursors.append(InputCursor(input, column: column, roster: roster, direction: .backward, derived: derived))
    }
    lengths = cursors.map(\.input.length)
    heads = [Head?](repeating: nil, count: count)
    forks = ForkIndex(count: count)
    prefix = roster.emptyTable
    unopened = []
    for entry in start.entries {
      guard let column = roster.index(of: entry.key) else {
        unopened = []
        break
      }
      unopened.append((column, entry.seq))
    }
  }

  /// The next older entry; nil when all were passed.
  ///
  /// - Throws: ``ClassicError``, or an error of the storage below.
  public mutating func next() throws -> CausalNode? {
    while true {
      try open()
      if let passed { try advance(passed) }
      guard let place = try choose() else { return nil }
      guard let head = heads[place] else { preconditionFailure("a fork has an entry") }
      passed = place
      if keepsBatches && head.batch.isLast && !head.batch.isFirst { batch = place }
      if head.value == nil && !includesAcks { continue }
      let node = InputNode(
        key: roster.keys[place], seq: head.seq, value: head.value, batch: head.batch, clock: head.clock.clock(roster))
      return CausalNode(node: node, clock: CausalClock(table: prefix), operations: operations)
    }
  }

  private mutating func choose() throws -> Int? {
    if let batch { return batch }
    if let place = forks.smallest(ranks: ranks) { return place }
    if forks.isEmpty { return nil }
    throw ClassicError.cycle(keys: heads.indices.filter { heads[$0] != nil }.map { roster.keys[$0] })
  }

  private mutating func open() throws {
    while let (column, seq) = unopened.last {
      let head = try load(column, seq)
      place(column, head)
      unopened.removeLast()
    }
  }

  /// Puts the predecessor of a head that was passed in its place.
  private mutating func advance(_ column: Int) throws {
    guard let old = heads[column] else { preconditionFailure("a head that was passed is there") }
    if batch == column && !old.batch.isFirst {
      guard old.seq > 0 else { throw cursors[column].input.malformed(old.seq, "its batch has no beginning") }
      let head = try load(column, old.seq - 1)
      guard head.batch.index == old.batch.index - 1, head.batch.rest == old.batch.rest + 1 else {
        throw cursors[column].input.malformed(head.seq, "it does not continue its batch")
      }
      heads[column] = head
    } else {
      let head = old.seq == 0 ? nil : try load(column, old.seq - 1)
      batch = nil
      place(column, head)
    }
    passed = nil
  }

  private mutating func place(_ column: Int, _ head: Head?) {
    let length = head.map { $0.seq + 1 } ?? 0
    operations = operations &- forks.lengths[column] &+ length
    prefix.set(column, length)
    heads[column] = head
    if let head { forks.replace(column, length: length, clock: head.clock) } else { forks.remove(column) }
  }

  /// Reads an entry, and makes sure that all it has seen is known.
  private mutating func load(_ column: Int, _ seq: UInt64) throws -> Head {
    let head = try cursors[column].head(at: seq)
    for index in lengths.indices where head.clock.row[index] > lengths[index] {
      let input = cursors[index].input
      // What a frozen input has behind its end is not asked for.
      if let frozen = input.frozenLength, frozen <= lengths[index] { continue }
      lengths[index] = input.length
      let linked = head.clock.row[index]
      if linked > lengths[index] {
        throw ClassicError.unavailable(key: input.key, seq: linked - 1, length: lengths[index])
      }
    }
    return head
  }
}
