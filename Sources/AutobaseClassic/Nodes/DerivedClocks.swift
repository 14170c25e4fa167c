import Autobase
import CompactEncoding
import Hypercore

/// The clocks of entries of oplogs, which name only the heads that their writer knew.
///
/// An entry has seen the entry before it in its own log, its heads, and all that these have seen. Clocks are computed
/// once, oldest first, and kept: a row for each entry.
final class DerivedClocks {
  private let roster: Roster
  private var columns: [Column]

  private struct Column {
    let input: InputLog
    /// Decodes entries with stored clocks; nil inside for an oplog, and nil while it is not known which it is.
    var decoder: EntryDecoder??
    /// Row after row, for an oplog.
    var rows: [UInt64] = []
    var foreign: [[(key: Fixed32, length: UInt64)]] = []
    var epoch: UInt64
    var isPending = false

    /// Entries whose clock is known.
    var count: UInt64 { UInt64(foreign.count) }
  }

  init(_ inputs: [InputLog], roster: Roster) {
    self.roster = roster
    columns = inputs.sorted { $0.key < $1.key }.map { Column(input: $0, epoch: $0.log.epoch) }
  }

  /// Whether no input was truncated since.
  var isCurrent: Bool { columns.allSatisfy { $0.epoch == $0.input.log.epoch } }

  private func isOplog(_ column: Int) throws -> Bool {
    if let decoder = columns[column].decoder { return decoder == nil }
    let decoder = try columns[column].input.decoder(roster)
    columns[column].decoder = .some(decoder)
    return decoder == nil
  }

  /// What entry `seq` of an oplog has seen, without the entry of its own log.
  func clock(_ column: Int, _ seq: UInt64) throws -> RosterClock {
    if columns[column].epoch != columns[column].input.log.epoch {
      throw ClassicError.truncated(key: columns[column].input.key)
    }
    try compute(column, upTo: seq + 1)
    let start = Int(seq) * roster.count
    return RosterClock(
      row: Array(columns[column].rows[start..<start + roster.count]), foreign: columns[column].foreign[Int(seq)])
  }

  /// Computes clocks until `count` of the column are known. The columns that wait for others are a stack, not calls:
  /// histories are deep.
  private func compute(_ column: Int, upTo count: UInt64) throws {
    var stack = [(column: column, count: count)]
    defer { for entry in stack { columns[entry.column].isPending = false } }
    columns[column].isPending = true
    while let top = stack.last {
      guard columns[top.column].count < top.count else {
        columns[top.column].isPending = false
        stack.removeLast()
        continue
      }
      let seq = columns[top.column].count
      let input = columns[top.column].input
      let message = try input.log.classicBlock(at: seq, of: input.key) { block throws(DecodingError) in
        try OplogMessage(decoding: block)
      }
      if let needed = try missing(message, of: top.column, seq) {
        if columns[needed.column].isPending {
          throw ClassicError.cycle(keys: stack.map { columns[$0.column].input.key })
        }
        columns[needed.column].isPending = true
        stack.append(needed)
      } else {
        try add(message, to: top.column, seq)
      }
    }
  }

  /// A column whose clocks are needed first.
  private func missing(_ message: OplogMessage, of column: Int, _ seq: UInt64) throws -> (column: Int, count: UInt64)? {
    for head in message.heads where head.length > 0 {
      guard let other = roster.index(of: head.key) else { continue }
      if other == column {
        if head.length > seq { throw columns[column].input.malformed(seq, "it says that it has seen itself") }
        continue
      }
      let length = min(head.length, columns[other].input.frozenLength ?? .max)
      if length > columns[other].input.length {
        throw ClassicError.unavailable(key: head.key, seq: length - 1, length: columns[other].input.length)
      }
      if length > columns[other].count, try isOplog(other) { return (other, length) }
    }
    return nil
  }

  private func add(_ message: OplogMessage, to column: Int, _ seq: UInt64) throws {
    let count = roster.count
    var row = [UInt64](repeating: 0, count: count)
    var foreign: [(key: Fixed32, length: UInt64)] = []
    if seq > 0 {
      let start = Int(seq - 1) * count
      row = Array(columns[column].rows[start..<start + count])
      row[column] = seq
      foreign = columns[column].foreign[Int(seq) - 1]
    }
    for head in message.heads where head.length > 0 && head.key != columns[column].input.key {
      guard let other = roster.index(of: head.key) else {
        DerivedClocks.merge([(head.key, head.length)], into: &foreign)
        continue
      }
      let length = min(head.length, columns[other].input.frozenLength ?? .max)
      row[other] = max(row[other], head.length)
      guard length > 0 else { continue }
      let seen = try classicClock(other, length - 1) ?? known(other, length - 1)
      for (index, value) in seen.row.enumerated() where value > row[index] { row[index] = value }
      DerivedClocks.merge(seen.foreign, into: &foreign)
    }
    columns[column].rows.append(contentsOf: row)
    columns[column].foreign.append(foreign)
  }

  private func known(_ column: Int, _ seq: UInt64) throws -> RosterClock {
    if seq >= columns[column].count {
      throw ClassicError.unavailable(
        key: columns[column].input.key, seq: seq, length: columns[column].input.length)
    }
    let start = Int(seq) * roster.count
    return RosterClock(
      row: Array(columns[column].rows[start..<start + roster.count]), foreign: columns[column].foreign[Int(seq)])
  }

  /// The stored clock of an entry with one; nil for oplogs.
  private func classicClock(_ column: Int, _ seq: UInt64) throws -> RosterClock? {
    if try isOplog(column) { return nil }
    let input = columns[column].input
    var end = seq
    while true {
      let block = try input.log.classicBlock(at: end, of: input.key)
      guard let entry = try columns[column].decoder??.decode(block, at: end) else { return nil }
      if let clock = entry.clock { return clock }
      (end, _) = end.addingReportingOverflow(max(entry.batch.rest, 1))
    }
  }

  private static func merge(
    _ entries: [(key: Fixed32, length: UInt64)], into list: inout [(key: Fixed32, length: UInt64)]
  ) {
    if entries.isEmpty { return }
    var table = ClockTable(list)
    for entry in entries where entry.length > table[entry.key] { table[entry.key] = entry.length }
    list = table.entries
  }
}
