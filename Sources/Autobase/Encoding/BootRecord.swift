public import CompactEncoding

/// Where a node stands, kept in the user data of its local log: which system core it is on and how much is indexed.
///
/// ```
/// version uint (1 … 3) · key fixed32 · systemLength uint
/// · flags uint {1: indexersUpdated, 2: fastForwarding, 4: recoveries} [recoveries uint]
/// version 0: key fixed32 · systemLength uint · heads clock
/// ```
///
/// Source: spec 03 §2.6. Version 3 is written.
public struct BootRecord: Sendable, Hashable {
  /// The version that was read, or 3.
  public var version: UInt64
  /// The system core's key.
  public var key: Fixed32
  /// The indexed length of the system core.
  public var systemLength: UInt64
  /// Whether the set of indexers changed and the tip must be applied anew.
  public var indexersUpdated: Bool
  /// Whether the views were just moved to a remote signed state.
  public var fastForwarding: Bool
  /// How often a repair may still be tried; 3 in records of healthy nodes.
  public var recoveries: UInt64
  /// The heads that a record of version 0 carries.
  public var heads: [Checkout]?

  /// A record of version 3.
  public init(
    key: Fixed32, systemLength: UInt64, indexersUpdated: Bool = false, fastForwarding: Bool = false,
    recoveries: UInt64 = BootRecord.healthyRecoveries
  ) {
    version = BootRecord.currentVersion
    self.key = key
    self.systemLength = systemLength
    self.indexersUpdated = indexersUpdated
    self.fastForwarding = fastForwarding
    self.recoveries = recoveries
  }

  /// The version that is written.
  public static let currentVersion: UInt64 = 3
  /// The counter in records of healthy nodes.
  public static let healthyRecoveries: UInt64 = 3
}

extension BootRecord: CompactCodable {
  public func measure(_ size: inout Size) {
    size.uint(BootRecord.currentVersion)
    size.fixed32()
    size.uint(systemLength)
    size.uint(flags)
    if recoveries > 0 { size.uint(recoveries) }
  }

  public func encode(into writer: inout Writer) {
    writer.uint(BootRecord.currentVersion)
    writer.fixed32(key)
    writer.uint(systemLength)
    writer.uint(flags)
    if recoveries > 0 { writer.uint(recoveries) }
  }

  private var flags: UInt64 { (indexersUpdated ? 1 : 0) | (fastForwarding ? 2 : 0) | (recoveries > 0 ? 4 : 0) }

  public init(from reader: inout Reader) throws(DecodingError) {
    let version = try reader.uint()
    guard version <= BootRecord.currentVersion else { throw .unknown(what: "boot record version", value: version) }
    self.init(key: try reader.fixed32(), systemLength: try reader.uint())
    self.version = version
    if version == 0 {
      heads = try reader.clock()
      recoveries = BootRecord.legacyRecoveries
      return
    }
    let flags = try reader.uint()
    indexersUpdated = flags & 1 != 0
    fastForwarding = flags & 2 != 0
    recoveries = flags & 4 == 0 ? 0 : try reader.uint()
  }

  /// What the reference assumes for records of version 0.
  private static let legacyRecoveries: UInt64 = 1
}
