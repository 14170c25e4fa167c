public import CompactEncoding

/// The summary at the end of every flush of the system view: the state of the base at that length.
///
/// ```
/// version uint (0, 1 or 2) · members uint · pendingIndexers array(fixed32)
/// · indexers clock · heads clock · views clock
/// version 2: · encryptionLength uint · flags uint {1: entropy} [entropy fixed32]
/// ```
///
/// Source: spec 03 §2.5.
public struct SystemInfo: Sendable, Hashable {
  /// 1, or 2 after a fork.
  public var version: UInt64
  /// Number of members that are not removed.
  public var members: UInt64
  /// Indexers none of whose nodes has been linked yet.
  public var pendingIndexers: [Fixed32]
  /// The indexers, in the order that view manifests list them, with the length linked so far.
  public var indexers: [Checkout]
  /// The heads of the graph of applied nodes.
  public var heads: [Checkout]
  /// The user views that are not empty, with their current keys and lengths.
  public var views: [Checkout]
  /// Length of the encryption view.
  public var encryptionLength: UInt64
  /// What view namespaces are made from, since version 2.
  public var entropy: Fixed32?

  /// The state of a base in which nothing has been applied.
  public init(version: UInt64 = 1) {
    self.version = version
    members = 0
    pendingIndexers = []
    indexers = []
    heads = []
    views = []
    encryptionLength = 0
  }

  /// The highest version that is understood.
  public static let maximumVersion: UInt64 = 2
}

extension SystemInfo: CompactCodable {
  public func measure(_ size: inout Size) {
    size.uint(version)
    size.uint(members)
    size.array(pendingIndexers)
    size.array(indexers)
    size.array(heads)
    size.array(views)
    guard version >= 2 else { return }
    size.uint(encryptionLength)
    size.uint(entropy == nil ? 0 : 1)
    if entropy != nil { size.fixed32() }
  }

  public func encode(into writer: inout Writer) {
    writer.uint(version)
    writer.uint(members)
    writer.array(pendingIndexers)
    writer.array(indexers)
    writer.array(heads)
    writer.array(views)
    guard version >= 2 else { return }
    writer.uint(encryptionLength)
    writer.uint(entropy == nil ? 0 : 1)
    if let entropy { writer.fixed32(entropy) }
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    version = try reader.uint()
    guard version <= SystemInfo.maximumVersion else { throw .unknown(what: "system version", value: version) }
    members = try reader.uint()
    pendingIndexers = try reader.array(minimumSize: 32)
    indexers = try reader.clock()
    heads = try reader.clock()
    views = try reader.clock()
    encryptionLength = version >= 2 ? try reader.uint() : 0
    let flags = version >= 2 ? try reader.uint() : 0
    entropy = flags & 1 == 0 ? nil : try reader.fixed32()
  }
}
