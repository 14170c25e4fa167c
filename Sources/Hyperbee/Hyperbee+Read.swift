public import Hypercore
public import IndexEncoder

extension Hyperbee {
  /// The entry of `key`, or nil.
  ///
  /// - Throws: `LogError.blockNotAvailable` when a block on the way is not stored here,
  ///   ``BeeError/invalidBlock(sequence:reason:)`` when one is malformed.
  public func get(_ key: [UInt8]) throws -> Entry? {
    try log.reading {
      let tree = tree
      guard let sequence = try live.sequence(of: prefix.isEmpty ? key : prefix + key, in: tree) else { return nil }
      return Entry(sequence: sequence, key: key, value: try tree.block(at: sequence).value)
    }
  }

  /// The key and value of the block `sequence`, whatever the tree says about them now.
  public func get(sequence: UInt64) throws -> Entry {
    try log.reading {
      guard sequence < version else { throw LogError.blockNotAvailable(index: sequence, length: version) }
      var entry = try tree.entry(at: sequence)
      entry.key.removeFirst(min(prefix.count, entry.key.count))
      return entry
    }
  }

  /// The entries of a range in key order.
  ///
  /// - Parameters:
  ///   - range: bounds in bytes; everything by default.
  ///   - reverse: whether to start at the upper end.
  ///   - limit: most entries, nil or negative for all.
  public func range(_ range: KeyRange = KeyRange(), reverse: Bool = false, limit: Int? = nil) throws -> RangeIterator {
    try log.reading {
      try RangeIterator(tree, range: bounds(range), reverse: reverse, limit: limit, prefixCount: prefix.count)
    }
  }

  /// The first entry of a range in the given direction, or nil.
  public func peek(_ range: KeyRange = KeyRange(), reverse: Bool = false) throws -> Entry? {
    try log.reading {
      var entries = try self.range(range, reverse: reverse, limit: 1)
      return try entries.next()
    }
  }

  /// Number of entries in a range. Reads tree nodes only, no values.
  public func count(_ range: KeyRange = KeyRange()) throws -> Int {
    try log.reading {
      var entries = try self.range(range)
      return try entries.count()
    }
  }

  /// All puts and deletes in the order of the log.
  ///
  /// - Parameters:
  ///   - range: bounds of sequences; a negative one counts from the version. Without bounds from 1 to the version.
  ///   - reverse: whether to start at the newest.
  ///   - limit: most changes, nil or negative for all.
  ///   - isLive: whether ``HistoryIterator/next()`` goes on with what is appended later.
  public func history(
    _ range: Bounds<Int64> = Bounds(), reverse: Bool = false, limit: Int? = nil, isLive: Bool = false
  ) throws(BeeError) -> HistoryIterator {
    try HistoryIterator(self, range: range, reverse: reverse, limit: limit, isLive: isLive)
  }

  /// What differs between this version (left) and another one (right) of the same bee.
  public func diff(_ other: Hyperbee, range: KeyRange = KeyRange(), limit: Int? = nil) throws -> DiffIterator {
    try log.reading {
      try DiffIterator(left: tree, right: other.tree, range: bounds(range), limit: limit, prefixCount: prefix.count)
    }
  }

  /// What differs between this version (left) and version `other` of the same log (right).
  public func diff(_ other: UInt64, range: KeyRange = KeyRange(), limit: Int? = nil) throws -> DiffIterator {
    try diff(at(other), range: range, limit: limit)
  }

  /// The header.
  ///
  /// - Throws: ``BeeError/invalidBlock(sequence:reason:)`` when block 0 is none.
  public func header() throws -> Header { try Header(decoding: log.block(at: 0)) }

  /// Whether the log begins with the header of a bee.
  ///
  /// - Throws: what the log throws when block 0 cannot be read.
  public static func isHyperbee(_ log: any ReadableLog) throws -> Bool {
    guard log.length > 0 else { return false }
    let block = try log.block(at: 0)
    return (try? Header(decoding: block))?.name == Header.protocolName
  }

  /// The bounds with the prefix of a sub. A sub without a bound begins behind the prefix and `00` and ends before the
  /// prefix with its last byte raised by one, as in the reference.
  func bounds(_ range: KeyRange) -> KeyRange {
    guard !prefix.isEmpty else { return range }
    var result = range.map { prefix + $0 }
    if range.gt == nil, range.gte == nil { result.gt = prefix + [0] }
    if range.lt == nil, range.lte == nil {
      var end = prefix
      while end.last == 0xff { end.removeLast() }
      if let last = end.popLast() { result.lt = end + [last + 1] }
    }
    return result
  }
}
