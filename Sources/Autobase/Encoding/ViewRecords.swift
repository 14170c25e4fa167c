public import CompactEncoding

/// A block of the encryption view: an entropy for block keys.
///
/// Encoded as `type uint · payload optBuffer` (spec 03 §2.7).
public struct EncryptionDescriptor: Sendable, Hashable {
  /// 0.
  public var type: UInt64
  /// 32 bytes of entropy.
  public var payload: [UInt8]?

  /// A descriptor.
  public init(type: UInt64 = 0, payload: [UInt8]?) {
    self.type = type
    self.payload = payload
  }
}

extension EncryptionDescriptor: CompactCodable {
  public func measure(_ size: inout Size) {
    size.uint(type)
    size.optionalBuffer(payload)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(type)
    writer.optionalBuffer(payload)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    type = try reader.uint()
    payload = try reader.optionalBuffer()
  }
}

/// What a manifest of version 2 carries in its user data.
///
/// Encoded as `version uint · flags uint {1: legacyBlocks, 2: namespace} [legacyBlocks uint] [namespace fixed32]`
/// (spec 03 §2.7).
public struct ManifestData: Sendable, Hashable {
  /// 0.
  public var version: UInt64
  /// How many blocks are encrypted in the way of manifests of version 1.
  public var legacyBlocks: UInt64
  /// What an anchor's block key is made from.
  public var namespace: Fixed32?

  /// User data of version 0.
  public init(version: UInt64 = 0, legacyBlocks: UInt64 = 0, namespace: Fixed32? = nil) {
    self.version = version
    self.legacyBlocks = legacyBlocks
    self.namespace = namespace
  }
}

extension ManifestData: CompactCodable {
  public func measure(_ size: inout Size) {
    size.uint(version)
    size.uint(flags)
    if legacyBlocks > 0 { size.uint(legacyBlocks) }
    if namespace != nil { size.fixed32() }
  }

  public func encode(into writer: inout Writer) {
    writer.uint(version)
    writer.uint(flags)
    if legacyBlocks > 0 { writer.uint(legacyBlocks) }
    if let namespace { writer.fixed32(namespace) }
  }

  private var flags: UInt64 { (legacyBlocks > 0 ? 1 : 0) | (namespace == nil ? 0 : 2) }

  public init(from reader: inout Reader) throws(DecodingError) {
    version = try reader.uint()
    let flags = try reader.uint()
    legacyBlocks = flags & 1 == 0 ? 0 : try reader.uint()
    namespace = flags & 2 == 0 ? nil : try reader.fixed32()
  }
}
