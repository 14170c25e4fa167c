/// Puts keys of another encoding behind a byte prefix, so that several key spaces share one tree.
public struct SubEncoder: Sendable, Hashable {
  /// The bytes in front of every key: for each level the name and a `00`. Empty for no prefix.
  public let prefix: [UInt8]

  /// An encoder below `parent`. A nil name adds no prefix; an empty one adds its `00`.
  public init(_ name: String?, parent: SubEncoder? = nil) {
    self.init(bytes: name.map { Array($0.utf8) }, parent: parent)
  }

  /// An encoder below `parent` with a name of any bytes.
  public init(bytes name: [UInt8]?, parent: SubEncoder? = nil) {
    prefix = name.map { (parent?.prefix ?? []) + $0 + [0] } ?? []
  }

  /// A child with this prefix in front of its own.
  public func sub(_ name: String) -> SubEncoder { SubEncoder(name, parent: self) }

  /// The key with the prefix.
  public func encode(_ key: [UInt8]) -> [UInt8] { prefix + key }

  /// The key without the prefix, which is not checked.
  public func decode(_ key: [UInt8]) -> [UInt8] { Array(key.dropFirst(prefix.count)) }

  /// The range of prefixed keys for a range of keys, confined to the prefix.
  public func encode(_ range: KeyRange) -> KeyRange {
    var result = KeyRange()
    if let gt = range.gt {
      result.gt = encode(gt)
    } else if let gte = range.gte {
      result.gte = encode(gte)
    } else if !prefix.isEmpty {
      result.gte = prefix
    }
    if let lt = range.lt {
      result.lt = encode(lt)
    } else if let lte = range.lte {
      result.lte = encode(lte)
    } else if !prefix.isEmpty {
      result.lt = prefix.dropLast() + [1]
    }
    return result
  }
}
