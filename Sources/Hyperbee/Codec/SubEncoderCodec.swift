public import IndexEncoder

/// Keys of another codec behind the prefix of a `SubEncoder`.
public struct SubEncoderCodec<Inner: BeeCodec>: BeeCodec {
  /// The prefix.
  public let sub: SubEncoder
  /// The codec of what follows.
  public let inner: Inner

  /// The keys of `inner` behind the prefix of `sub`.
  public init(_ sub: SubEncoder, _ inner: Inner) {
    self.sub = sub
    self.inner = inner
  }

  /// The prefix and the encoded value.
  public func encode(_ value: Inner.Value) -> [UInt8] { sub.encode(inner.encode(value)) }
  /// The value of what follows the prefix.
  public func decode(_ bytes: [UInt8]) throws -> Inner.Value { try inner.decode(sub.decode(bytes)) }
  /// The range of ``inner``, confined to the prefix.
  public func encode(_ range: Bounds<Inner.Value>) -> KeyRange { sub.encode(inner.encode(range)) }
}

extension SubEncoderCodec: Sendable where Inner: Sendable {}
