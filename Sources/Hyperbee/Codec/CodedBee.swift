public import IndexEncoder

/// A bee whose keys and values go through codecs.
public struct CodedBee<KeyCodec: BeeCodec, ValueCodec: BeeCodec> {
  /// The bee below, in bytes.
  public let bee: Hyperbee
  /// The codec of the keys.
  public let keyCodec: KeyCodec
  /// The codec of the values.
  public let valueCodec: ValueCodec

  /// An entry with decoded key and value.
  public struct Entry {
    /// Index of the block.
    public let sequence: UInt64
    /// The key.
    public let key: KeyCodec.Value
    /// The value; nil for "no value".
    public let value: ValueCodec.Value?
  }

  /// `bee` seen through codecs.
  public init(_ bee: Hyperbee, key keyCodec: KeyCodec, value valueCodec: ValueCodec) {
    self.bee = bee
    self.keyCodec = keyCodec
    self.valueCodec = valueCodec
  }

  /// Puts a value, nil for "no value". See ``Hyperbee/put(_:_:when:)``.
  @discardableResult
  public func put(_ key: KeyCodec.Value, _ value: ValueCodec.Value?) throws -> Bool {
    try bee.put(
      keyCodec.encode(key), value.flatMap { valueCodec.isAbsent($0) ? nil : valueCodec.encode($0) })
  }

  /// Deletes a key. See ``Hyperbee/delete(_:when:)``.
  @discardableResult
  public func delete(_ key: KeyCodec.Value) throws -> Bool { try bee.delete(keyCodec.encode(key)) }

  /// The entry of `key`, or nil.
  public func get(_ key: KeyCodec.Value) throws -> Entry? { try bee.get(keyCodec.encode(key)).map(decode) }

  /// The entries of a range in key order. See ``Hyperbee/range(_:reverse:limit:)``.
  public func entries(
    _ range: Bounds<KeyCodec.Value> = Bounds(), reverse: Bool = false, limit: Int? = nil
  ) throws -> [Entry] {
    try bee.range(keyCodec.encode(range), reverse: reverse, limit: limit).collect().map(decode)
  }

  /// The decoded form of an entry of ``bee``.
  public func decode(_ entry: Hyperbee.Entry) throws -> Entry {
    Entry(
      sequence: entry.sequence, key: try keyCodec.decode(entry.key),
      value: try entry.value.map { try valueCodec.decode($0) })
  }
}

extension Hyperbee {
  /// This bee seen through codecs.
  public func coded<K: BeeCodec, V: BeeCodec>(key: K, value: V) -> CodedBee<K, V> {
    CodedBee(self, key: key, value: value)
  }
}
