import CompactEncoding
import Hypercore

extension ClassicAutobase {
  /// Appends one value; see ``append(_:clock:input:)-([[UInt8]],[ClockEntry]?,_)``.
  @discardableResult
  public func append(_ value: [UInt8], clock: CausalClock? = nil, input: WritableLog? = nil) throws -> UInt64 {
    try append([value], clock: clock, input: input)
  }

  /// Appends values as one batch. In the newer layout, the clock is written in the order of the inputs.
  @discardableResult
  public func append(_ values: [[UInt8]], clock: CausalClock?, input: WritableLog? = nil) throws -> UInt64 {
    guard let clock else { return try append(values, clock: [ClockEntry]?.none, input: input) }
    var entries: [ClockEntry] = []
    for member in members {
      if let seq = clock[member.key] { entries.append(ClockEntry(key: member.key, seq: seq)) }
    }
    for entry in clock.entries where roster.index(of: entry.key) == nil {
      entries.append(ClockEntry(key: entry.key, seq: entry.seq))
    }
    return try append(values, clock: entries, input: input)
  }

  /// Appends values as one batch.
  ///
  /// Links of the input's newest entry to inputs that the clock does not name are carried over: so what was linked
  /// stays linked after an input was removed. Whether linked entries exist is not checked.
  ///
  /// - Parameters:
  ///   - values: nothing happens if there are none.
  ///   - clock: what the batch links to, in the order in which it is written; ``latest(_:)`` if nil.
  ///   - input: where to append, a log of one of the classic formats or an empty one; ``localInput`` if nil.
  /// - Returns: the new length of the input.
  /// - Throws: ``ClassicError/notWritable(_:)`` when there is no such input or it is an oplog.
  @discardableResult
  public func append(_ values: [[UInt8]], clock: [ClockEntry]? = nil, input: WritableLog? = nil) throws -> UInt64 {
    try checkOpen()
    guard let log = input ?? localInput else { throw ClassicError.notWritable(nil) }
    return try log.writing {
      var entries = try clock ?? latestEntries()
      let writer = writer(log)
      let format = try writer.format() ?? options.newFormat
      guard format != .v7 else { throw ClassicError.notWritable(log.key) }
      let named = Set(entries.map(\.key))
      entries += try writer.newestClock().filter { $0.key != log.key && !named.contains($0.key) }
      let length = try log.append(writer.encode(values, clock: entries, format: format))
      // The keys just written are known from now on.
      if format == .alpha9 && length > 0 { _ = try writer.newestClock() }
      if length > 0 && !(log is any ObservableLog) { changed() }
      return length
    }
  }

  /// What is known of a log that is appended to, whether it is an input of this base or not.
  private func writer(_ log: WritableLog) -> InputLog {
    if let known = writers[log.key], known.log === log { return known }
    let writer = InputLog(log)
    writers[log.key] = writer
    return writer
  }
}

extension InputLog {
  /// The clock of the newest entry, as it is written.
  func newestClock() throws -> [ClockEntry] {
    table.validate()
    guard log.length > 0 else { return [] }
    let seq = log.length - 1
    if try format() == .alpha8 {
      return try log.classicBlock(at: seq, of: key) { block throws(DecodingError) in
        try Alpha8Block(decoding: block, role: .input).clock
      }
    }
    let block = try log.classicBlock(at: seq, of: key) { block throws(DecodingError) in
      try Alpha9Block(decoding: block)
    }
    return try (block.clock ?? []).map {
      ClockEntry(key: try table.key(at: $0.pointer, from: seq), seq: $0.seq)
    }
  }

  /// The blocks of a batch that is appended next.
  func encode(_ values: [[UInt8]], clock: [ClockEntry], format: NodeFormat) throws -> [[UInt8]] {
    let start = log.length
    let header = start == 0 ? NodeProtocol.input.rawValue : nil
    let last = values.count - 1
    if format == .alpha8 {
      let links = clock.filter { $0.key != key }
      return values.enumerated().map { index, value in
        Alpha8Block(
          header: index == 0 ? header : nil, clock: index == last ? links : [], value: value,
          batch: BatchPosition(index: UInt64(index), rest: UInt64(last - index))
        ).encoded()
      }
    }
    let (links, keys) = point(clock, from: start)
    return values.enumerated().map { index, value in
      var block = Alpha9Block(value: value)
      if index == 0 {
        block.keys = keys
        block.header = header
      }
      if last > 0 { block.batch = BatchPosition(index: UInt64(index), rest: UInt64(last - index)) }
      if index == last { block.clock = links }
      return block.encoded()
    }
  }

  /// A clock with pointers, and the keys that block `seq` must have in full.
  private func point(_ clock: [ClockEntry], from seq: UInt64) -> (links: [PointedClockEntry], keys: [Fixed32]) {
    var keys: [Fixed32] = []
    var places: [Fixed32: KeyPointer] = [:]
    let links = clock.map { entry in
      if let place = table.place(of: entry.key) ?? places[entry.key] {
        return PointedClockEntry(pointer: place, seq: entry.seq)
      }
      let place = KeyPointer(seq: seq, offset: UInt64(keys.count))
      keys.append(entry.key)
      places[entry.key] = place
      return PointedClockEntry(pointer: place, seq: entry.seq)
    }
    return (links, keys)
  }
}
