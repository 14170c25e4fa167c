public import CompactEncoding

/// Which entries to list: `@registry/list-request`.
///
/// Flags (1 type, 2 owner, 4 driveKey, 8 after, 16 limit, 32 reverse) ‖ [`type`] ‖ [`owner`] ‖ [32 bytes `driveKey`] ‖
/// [`after`] ‖ [`uint` limit]. An empty text or a limit of 0 is the same as none.
public struct ListRequest: Sendable, Hashable {
  /// Only entries of this type.
  public var type: String?
  /// Only entries of this owner.
  public var owner: String?
  /// Only entries of this drive.
  public var driveKey: Fixed32?
  /// The name behind which to continue.
  public var after: String?
  /// The most entries to list; 0 for the default.
  public var limit: UInt64
  /// Whether to list in descending order of names.
  public var reverse: Bool

  /// A request; by default for the first entries by name.
  public init(
    type: String? = nil, owner: String? = nil, driveKey: Fixed32? = nil, after: String? = nil, limit: UInt64 = 0,
    reverse: Bool = false
  ) {
    self.type = type.present
    self.owner = owner.present
    self.driveKey = driveKey
    self.after = after.present
    self.limit = limit
    self.reverse = reverse
  }

  /// The limit of a request that names none.
  public static let defaultLimit: UInt64 = 100
  /// The highest limit; higher ones are lowered to it.
  public static let maximumLimit: UInt64 = 1000

  /// The number of entries to list at most.
  public var effectiveLimit: Int { Int(limit == 0 ? Self.defaultLimit : min(limit, Self.maximumLimit)) }
}

extension ListRequest: CompactEncodable, CompactDecodable {
  private var flags: UInt8 {
    (type.present == nil ? 0 : 1) | (owner.present == nil ? 0 : 2) | (driveKey == nil ? 0 : 4)
      | (after.present == nil ? 0 : 8) | (limit == 0 ? 0 : 16) | (reverse ? 32 : 0)
  }

  /// Adds the size of the request.
  public func measure(_ size: inout Size) {
    size.byte()
    if let type = type.present { size.string(type) }
    if let owner = owner.present { size.string(owner) }
    if driveKey != nil { size.fixed32() }
    if let after = after.present { size.string(after) }
    if limit > 0 { size.uint(limit) }
  }

  /// Writes the request.
  public func encode(into writer: inout Writer) {
    writer.uint8(flags)
    if let type = type.present { writer.string(type) }
    if let owner = owner.present { writer.string(owner) }
    if let driveKey { writer.fixed32(driveKey) }
    if let after = after.present { writer.string(after) }
    if limit > 0 { writer.uint(limit) }
  }

  /// Reads a request.
  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try reader.uintUnchecked()
    type = flags & 1 == 0 ? nil : try reader.string()
    owner = flags & 2 == 0 ? nil : try reader.string()
    driveKey = flags & 4 == 0 ? nil : try reader.fixed32()
    after = flags & 8 == 0 ? nil : try reader.string()
    limit = flags & 16 == 0 ? 0 : try reader.uint()
    reverse = flags & 32 != 0
  }
}

/// Listed entries: `@registry/list-response`, array of framed entries ‖ flags byte (1 next) ‖ [`next`].
public struct ListResponse: Sendable, Hashable {
  /// The entries in order.
  public var entries: [Entry]
  /// The name to continue behind when more follow, else nil.
  public var next: String?

  /// A response.
  public init(entries: [Entry], next: String? = nil) {
    self.entries = entries
    self.next = next.present
  }
}

extension ListResponse: CompactEncodable, CompactDecodable {
  /// Adds the size of the response.
  public func measure(_ size: inout Size) {
    size.uint(UInt64(entries.count))
    for entry in entries { size.frame(entry) }
    size.byte()
    if let next = next.present { size.string(next) }
  }

  /// Writes the response.
  public func encode(into writer: inout Writer) {
    writer.uint(UInt64(entries.count))
    for entry in entries { writer.frame(entry) }
    writer.uint8(next.present == nil ? 0 : 1)
    if let next = next.present { writer.string(next) }
  }

  /// Reads a response.
  public init(from reader: inout Reader) throws(DecodingError) {
    // A framed entry takes at least a length, two text lengths, a key and its flags.
    let count = try reader.count(minimumSize: 36)
    entries = []
    entries.reserveCapacity(count)
    for _ in 0..<count { entries.append(try reader.frame()) }
    next = try reader.uintUnchecked() & 1 == 0 ? nil : try reader.string()
  }
}
