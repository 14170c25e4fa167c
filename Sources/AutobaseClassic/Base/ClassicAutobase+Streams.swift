public import CompactEncoding

extension ClassicAutobase {
  /// The entries of all inputs, newest first, in the order that every base with the same inputs has.
  ///
  /// - Parameters:
  ///   - clock: where it begins; ``latest(_:)`` if nil. When it names other inputs, the stream is empty.
  ///   - includesAcks: whether entries without a value are part of it.
  public func causalStream(from clock: CausalClock? = nil, includesAcks: Bool = false) throws -> CausalStream {
    CausalStream(
      members, start: try clock ?? latest(), order: options.order, includesAcks: includesAcks, roster: roster,
      derived: derived)
  }
}

extension ClassicAutobase {
  /// One entry of an input.
  ///
  /// - Throws: ``ClassicError``.
  public func node(_ key: Fixed32, _ seq: UInt64) throws -> InputNode {
    guard let input = member(key), let column = roster.index(of: key) else { throw ClassicError.notAnInput(key) }
    guard seq < input.length else {
      throw ClassicError.unavailable(key: key, seq: seq, length: input.length)
    }
    var cursor = InputCursor(input, column: column, roster: roster, direction: .forward, derived: derived)
    return try cursor.head(at: seq).node(roster, column)
  }
}

extension Head {
  func node(_ roster: Roster, _ column: Int) -> InputNode {
    InputNode(key: roster.keys[column], seq: seq, value: value, batch: batch, clock: clock.clock(roster))
  }
}
