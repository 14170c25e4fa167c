extension Reader {
  /// Pairs of a key and a value behind a `uint` count of them, in the order in which they were written.
  ///
  /// - Parameter minimumSize: the fewest bytes a pair can take, at least 1; bounds what a hostile count can allocate.
  public mutating func record<Key: CompactDecodable, Content: CompactDecodable>(
    _: Key.Type = Key.self, _: Content.Type = Content.self, minimumSize: Int = 1
  ) throws(DecodingError) -> [(key: Key, value: Content)] {
    let count = try count(minimumSize: minimumSize)
    var pairs: [(key: Key, value: Content)] = []
    pairs.reserveCapacity(count)
    for _ in 0..<count { pairs.append((try Key(from: &self), try Content(from: &self))) }
    return pairs
  }
}

extension Writer {
  /// Pairs of a key and a value behind a `uint` count of them.
  public mutating func record(_ pairs: [(key: some CompactEncodable, value: some CompactEncodable)]) {
    uint(UInt64(pairs.count))
    for pair in pairs {
      pair.key.encode(into: &self)
      pair.value.encode(into: &self)
    }
  }
}

extension Size {
  /// Pairs of a key and a value behind a `uint` count of them.
  public mutating func record(_ pairs: [(key: some CompactEncodable, value: some CompactEncodable)]) {
    uint(UInt64(pairs.count))
    for pair in pairs {
      pair.key.measure(&self)
      pair.value.measure(&self)
    }
  }
}

extension String: CompactEncodable, CompactDecodable {
  @inlinable public func measure(_ size: inout Size) { size.string(self) }
  @inlinable public func encode(into writer: inout Writer) { writer.string(self) }
  @inlinable public init(from reader: inout Reader) throws(DecodingError) { self = try reader.string() }
}
