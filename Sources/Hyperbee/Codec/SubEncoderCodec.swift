public import IndexEncoder

/// Keys of another codec behind the prefix of a `SubEncoder`.
public struct SubEncoderCodec<Inner: Codec>: Codec {
  /// The prefix.
  public let sub: SubEncoder
  /// The codec of what follows.
  public let inner: Inner

  /// The keys of `inner` behind the prefix of `sub`.
  public init(_ sub: SubEncoder, _ inner: Inner) {
    self.sub = sub
    self.inner = inner
  }

  public func encode(_ value: Inner.Value) -> [UInt8] { sub.encode(inner.encode(value)) }
  public func decode(_ bytes: [UInt8]) throws -> Inner.Value { try inner.decode(sub.decode(bytes)) }
  public func encode(_ range: Bounds<Inner.Value>) -> KeyRange { sub.encode(inner.encode(range)) }
}

extension SubEncoderCodec: Sendable where Inner: Sendable {}
