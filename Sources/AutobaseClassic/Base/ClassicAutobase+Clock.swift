public import CompactEncoding
import Hypercore

extension ClassicAutobase {
  /// The length of each input.
  public func clock() -> LengthClock { LengthClock(members.map { (key: $0.key, length: $0.length) }) }

  /// The newest entries of some inputs: what an entry that is appended now links to.
  ///
  /// On a base that is not sparse, this is reduced to what is satisfiable: an input steps back to the end of its last
  /// whole batch, and batch by batch further while its newest entry links to something that is not covered here. It
  /// has no entry when nothing is left.
  ///
  /// - Parameter keys: the inputs; nil for all.
  /// - Throws: ``ClassicError/notAnInput(_:)``.
  public func latest(_ keys: [Fixed32]? = nil) throws -> CausalClock { CausalClock(try latestEntries(keys)) }

  /// The newest entries of one input.
  public func latest(_ key: Fixed32) throws -> CausalClock { try latest([key]) }

  /// The newest entries, in the order of the inputs.
  func latestEntries(_ keys: [Fixed32]? = nil) throws -> [ClockEntry] {
    var wanted = members
    if let keys {
      for key in keys where member(key) == nil { throw ClassicError.notAnInput(key) }
      wanted = keys.compactMap { member($0) }
    }
    let newest = wanted.compactMap { $0.length == 0 ? nil : ClockEntry(key: $0.key, seq: $0.length - 1) }
    return options.isSparse ? newest : try satisfiable(newest)
  }

  private func satisfiable(_ newest: [ClockEntry]) throws -> [ClockEntry] {
    var cursors: [Fixed32: InputCursor] = [:]
    var lengths = roster.emptyTable.lengths
    for entry in newest {
      guard let input = member(entry.key), let column = roster.index(of: entry.key) else { continue }
      cursors[entry.key] = InputCursor(
        input, column: column, roster: roster, direction: .backward, derived: derived)
      lengths[column] = try input.batchBoundary(before: entry.seq + 1)
    }
    // An input that stepped back may leave another one unsatisfied that was looked at before.
    var isStable = false
    while !isStable {
      isStable = true
      for entry in newest.reversed() {
        guard var cursor = cursors.removeValue(forKey: entry.key) else { continue }
        while lengths[cursor.column] > 0 {
          let head = try cursor.head(at: lengths[cursor.column] - 1)
          let isSatisfied =
            head.clock.foreign.isEmpty && !zip(head.clock.row, lengths).contains { $0 > $1 }
          if isSatisfied { break }
          isStable = false
          lengths[cursor.column] = head.seq - min(head.batch.index, head.seq)
        }
        cursors[entry.key] = cursor
      }
    }
    return newest.compactMap { entry in
      guard let column = roster.index(of: entry.key), lengths[column] > 0 else { return nil }
      return ClockEntry(key: entry.key, seq: lengths[column] - 1)
    }
  }
}

extension InputLog {
  /// The largest length, at most `limit`, at which no batch is unfinished.
  func batchBoundary(before limit: UInt64) throws -> UInt64 {
    guard limit > 0, limit <= log.length, let format = try format() else { return limit }
    let seq = limit - 1
    let batch: BatchPosition
    switch format {
    case .alpha8:
      batch = try log.classicBlock(at: seq, of: key) { block throws(DecodingError) in
        try Alpha8Block(decoding: block, role: .input).batch
      }
    case .alpha9:
      batch = try log.classicBlock(at: seq, of: key) { block throws(DecodingError) in
        try Alpha9Block(decoding: block).batch ?? BatchPosition()
      }
    case .v7: return try oplogBoundary(limit)
    }
    if batch.isLast { return limit }
    return seq - min(batch.index, seq)
  }
}
