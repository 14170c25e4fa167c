import Autobase
import CompactEncoding

/// What one block of an input says.
struct Entry {
  var value: [UInt8]?
  var batch: BatchPosition
  /// The clock as stored, without the entry of the own input; in members of a batch that are not the last one, nil.
  var clock: RosterClock?
}

/// Decodes blocks of one classic input into rows over a roster.
///
/// Pointers to keys are resolved through a small direct-mapped cache: a block of a busy base points to every input.
struct EntryDecoder {
  let input: InputLog
  let roster: Roster
  let isAlpha8: Bool
  private var cache: [Slot]

  private struct Slot {
    var pointer = KeyPointer(seq: .max, offset: .max)
    var key = Fixed32()
    /// -1 when the key is not on the roster.
    var column: Int32 = -1
  }

  init(_ input: InputLog, format: NodeFormat, roster: Roster) {
    self.input = input
    self.roster = roster
    isAlpha8 = format == .alpha8
    cache = isAlpha8 ? [] : [Slot](repeating: Slot(), count: 256)
  }

  mutating func decode(_ block: [UInt8], at seq: UInt64) throws -> Entry {
    do {
      return isAlpha8 ? try decodeAlpha8(block) : try decodeAlpha9(block, at: seq)
    } catch let error as DecodingError {
      throw input.malformed(seq, error.description)
    }
  }

  private func decodeAlpha8(_ block: [UInt8]) throws(DecodingError) -> Entry {
    var reader = Reader(block.span.bytes)
    _ = try reader.nodeHeader()
    var clock = RosterClock(row: [UInt64](repeating: 0, count: roster.count))
    var guess = 0
    for _ in 0..<(try reader.count(minimumSize: ClockEntry.minimumSize)) {
      let key = try reader.fixed32()
      let seq = try reader.uint()
      if let column = roster.index(of: key, guess: guess) {
        clock.row[column] = seq + 1
        guess = column + 1
      } else {
        clock.foreign.append((key, seq + 1))
      }
    }
    let value = try reader.buffer()
    let batch: BatchPosition = try reader.value()
    if !clock.foreign.isEmpty { clock.foreign = ClockTable(clock.foreign).entries }
    return Entry(value: value, batch: batch, clock: batch.isLast ? clock : nil)
  }

  private mutating func decodeAlpha9(_ block: [UInt8], at seq: UInt64) throws -> Entry {
    var reader = Reader(block.span.bytes)
    let fields = try reader.uint8()
    if fields & Alpha9Block.Fields.keys != 0 {
      for _ in 0..<(try reader.count(minimumSize: 32)) { _ = try reader.fixed32() }
    }
    if fields & Alpha9Block.Fields.header != 0 { _ = try reader.nodeHeader() }
    if fields & Alpha9Block.Fields.change != 0 { let _: KeyPointer = try reader.value() }
    let batch: BatchPosition = fields & Alpha9Block.Fields.batch == 0 ? BatchPosition() : try reader.value()
    var row = batch.isLast ? [UInt64](repeating: 0, count: roster.count) : []
    var foreign: [(key: Fixed32, length: UInt64)] = []
    if fields & Alpha9Block.Fields.clock != 0 {
      var lengths = row.mutableSpan
      for _ in 0..<(try reader.count(minimumSize: PointedClockEntry.minimumSize)) {
        let pointer = KeyPointer(seq: try reader.uint(), offset: try reader.uint())
        let length = try reader.uint() + 1
        guard batch.isLast else { continue }
        let slot = Int(truncatingIfNeeded: (pointer.seq &* 31) &+ pointer.offset) & 255
        if cache[slot].pointer != pointer { try resolve(pointer, from: seq, into: slot) }
        let column = Int(cache[slot].column)
        if column >= 0 { lengths[column] = length } else { foreign.append((cache[slot].key, length)) }
      }
    }
    if fields & Alpha9Block.Fields.operations != 0 { _ = try reader.uint() }
    let value = try reader.buffer()
    if !foreign.isEmpty { foreign = ClockTable(foreign).entries }
    return Entry(value: value, batch: batch, clock: batch.isLast ? RosterClock(row: row, foreign: foreign) : nil)
  }

  private mutating func resolve(_ pointer: KeyPointer, from seq: UInt64, into slot: Int) throws {
    let key = try input.table.key(at: pointer, from: seq)
    cache[slot] = Slot(pointer: pointer, key: key, column: Int32(roster.index(of: key) ?? -1))
  }
}
