import Autobase
import CompactEncoding
import Hypercore

/// An entry of an input with its clock as a row.
struct Head {
  var seq: UInt64
  var value: [UInt8]?
  var batch: BatchPosition
  /// The clock with the entry of the own input.
  var clock: RosterClock
}

/// Reads entries of one input by their numbers, at best one after the other in one direction.
///
/// Blocks are read some at a time, within bounds of number and size.
struct InputCursor {
  let input: InputLog
  let column: Int
  private let roster: Roster
  private let direction: Direction
  /// Nil inside for an oplog, nil while it is not known which it is.
  private var decoder: EntryDecoder??
  private let derived: DerivedClocks
  private let epoch: UInt64
  /// The last clock that was decoded, of the batch that ends there.
  private var batchEnd: (seq: UInt64, clock: RosterClock)?
  /// The last batch of an oplog that was measured.
  private var oplogBatch: Range<UInt64>?
  /// Blocks that were read, in the direction of reading, the first one at `chunkStart`.
  private var chunk: [[UInt8]] = []
  private var chunkStart: UInt64 = 0

  enum Direction {
    case backward, forward
  }

  private static let chunkCount = 64
  private static let chunkBytes = 1 << 20

  init(_ input: InputLog, column: Int, roster: Roster, direction: Direction, derived: DerivedClocks) {
    self.input = input
    self.column = column
    self.roster = roster
    self.direction = direction
    self.derived = derived
    epoch = input.log.epoch
  }

  /// The entry at `seq`.
  mutating func head(at seq: UInt64) throws -> Head {
    let block = try block(at: seq)
    if decoder == nil { decoder = .some(try input.decoder(roster)) }
    guard let entry = try decoder??.decode(block, at: seq) else { return try oplogHead(block, at: seq) }
    if let clock = entry.clock {
      batchEnd = entry.batch.isSingle ? nil : (seq, clock)
      return head(seq, entry.value, entry.batch, clock)
    }
    let (end, isTooLarge) = seq.addingReportingOverflow(entry.batch.rest)
    if isTooLarge { throw input.malformed(seq, "its batch has no end") }
    if batchEnd?.seq != end {
      let last = try input.log.classicBlock(at: end, of: input.key)
      guard let clock = try decoder??.decode(last, at: end).clock else {
        throw input.malformed(seq, "block \(end) is not the end of its batch")
      }
      batchEnd = (end, clock)
    }
    guard let batchEnd else { preconditionFailure("the end of the batch was just read") }
    return head(seq, entry.value, entry.batch, batchEnd.clock)
  }

  private func head(_ seq: UInt64, _ value: [UInt8]?, _ batch: BatchPosition, _ clock: RosterClock) -> Head {
    var head = Head(seq: seq, value: value, batch: batch, clock: clock)
    head.clock.row[column] = seq
    return head
  }

  /// Throws when the input was truncated since it was opened: what was read may be gone.
  func checkEpoch() throws {
    guard input.log.epoch == epoch else { throw ClassicError.truncated(key: input.key) }
  }

  // MARK: Oplogs

  private mutating func oplogHead(_ block: [UInt8], at seq: UInt64) throws -> Head {
    let message = try InputCursor.message(block, of: input, at: seq)
    if !(oplogBatch?.contains(seq) ?? false) { oplogBatch = try measureBatch(message, at: seq) }
    guard let oplogBatch else { preconditionFailure("the batch was just measured") }
    let batch = BatchPosition(index: seq - oplogBatch.lowerBound, rest: oplogBatch.upperBound - seq - 1)
    return head(seq, message.value, batch, try derived.clock(column, seq))
  }

  /// A message counts down to the end of its batch: … 3, 2, 1.
  private func measureBatch(_ message: OplogMessage, at seq: UInt64) throws -> Range<UInt64> {
    guard message.batch > 0, message.batch <= UInt64.max - seq else {
      throw input.malformed(seq, "it is in no place of a batch")
    }
    var (start, batch) = (seq, message.batch)
    while start > 0 {
      let previous = try InputCursor.message(
        try input.log.classicBlock(at: start - 1, of: input.key), of: input, at: start - 1)
      if previous.batch != batch + 1 { break }
      (start, batch) = (start - 1, previous.batch)
    }
    return start..<seq + message.batch
  }

  static func message(_ block: [UInt8], of input: InputLog, at seq: UInt64) throws -> OplogMessage {
    do {
      return try OplogMessage(decoding: block)
    } catch {
      throw input.malformed(seq, error.description)
    }
  }

  // MARK: Blocks

  private mutating func block(at seq: UInt64) throws -> [UInt8] {
    let place = direction == .backward ? chunkStart &- seq : seq &- chunkStart
    if place < UInt64(chunk.count) { return chunk[Int(place)] }
    try checkEpoch()
    chunk.removeAll(keepingCapacity: true)
    chunkStart = seq
    let length = input.length
    try input.log.reading {
      var (next, bytes) = (seq, 0)
      while chunk.count < InputCursor.chunkCount && bytes < InputCursor.chunkBytes && next < length {
        do {
          let block = try input.log.block(at: next)
          bytes += block.count
          chunk.append(block)
        } catch LogError.blockNotAvailable {
          break
        }
        if direction == .backward && next == 0 { break }
        next = direction == .backward ? next - 1 : next + 1
      }
    }
    guard let block = chunk.first else {
      throw ClassicError.unavailable(key: input.key, seq: seq, length: length)
    }
    return block
  }
}

extension InputLog {
  /// The largest length, at most `length`, at which no batch of an oplog is unfinished.
  func oplogBoundary(_ length: UInt64) throws -> UInt64 {
    var boundary = length
    while boundary > 0 {
      let message = try InputCursor.message(
        try log.classicBlock(at: boundary - 1, of: key), of: self, at: boundary - 1)
      if message.batch == 1 { break }
      boundary -= 1
    }
    return boundary
  }
}
