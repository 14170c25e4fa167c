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

extension ClassicAutobase {
  /// The entries of all inputs, oldest first: none comes after one that depends on it.
  public func readStream(_ options: ReadStream.Options = .init()) -> ReadStream { ReadStream(self, options) }

  /// The causal stream as a sequence for `for try await`.
  ///
  /// - Parameter onMissing: gets entries that are not here. Without it, the sequence ends with the error.
  public func causalSequence(
    from clock: CausalClock? = nil, includesAcks: Bool = false, onMissing: MissingEntryHook? = nil
  ) -> CausalSequence {
    CausalSequence(base: self, clock: clock, includesAcks: includesAcks, onMissing: onMissing)
  }

  /// The read stream as a sequence for `for try await`, with hooks.
  ///
  /// - Parameters:
  ///   - map: what is given for each entry.
  ///   - onResolve: called with an entry that depends on inputs which are not members. It returns true after it added
  ///     them; otherwise the entry is given as it is.
  ///   - onWait: called with every entry when it was given and the next one is asked for. It may add inputs.
  ///   - onMissing: gets entries that are not here. Without it, the sequence waits for news of the base.
  public func readSequence<Element>(
    _ options: ReadStream.Options = .init(), map: @escaping (InputNode) throws -> Element,
    onResolve: ((InputNode) async throws -> Bool)? = nil, onWait: ((Element) async throws -> Void)? = nil,
    onMissing: MissingEntryHook? = nil
  ) -> ReadSequence<Element> {
    ReadSequence(
      base: self, options: options, map: map, onResolve: onResolve, onWait: onWait, onMissing: onMissing)
  }

  /// The read stream as a sequence of entries, with hooks.
  public func readSequence(
    _ options: ReadStream.Options = .init(), onResolve: ((InputNode) async throws -> Bool)? = nil,
    onWait: ((InputNode) async throws -> Void)? = nil, onMissing: MissingEntryHook? = nil
  ) -> ReadSequence<InputNode> {
    readSequence(options, map: { $0 }, onResolve: onResolve, onWait: onWait, onMissing: onMissing)
  }
}
