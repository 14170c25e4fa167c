public import CompactEncoding

/// A writer of the registry, as `status` tells it: `@registry/writer-info`.
///
/// 32 bytes `key` ‖ `uint` length ‖ flags byte (1 isIndexer, 2 isRemoved).
public struct WriterInfo: Sendable, Hashable {
  /// The key of the writer's log.
  public var key: Fixed32
  /// The entries of its log that are in the order.
  public var length: UInt64
  /// Whether it takes part in signing the view.
  public var isIndexer: Bool
  /// Whether it was removed.
  public var isRemoved: Bool

  /// A writer.
  public init(key: Fixed32, length: UInt64, isIndexer: Bool = false, isRemoved: Bool = false) {
    self.key = key
    self.length = length
    self.isIndexer = isIndexer
    self.isRemoved = isRemoved
  }
}

extension WriterInfo: CompactEncodable, CompactDecodable {
  /// Adds the size of the writer.
  public func measure(_ size: inout Size) {
    size.fixed32()
    size.uint(length)
    size.byte()
  }

  /// Writes the writer.
  public func encode(into writer: inout Writer) {
    writer.fixed32(key)
    writer.uint(length)
    writer.uint8((isIndexer ? 1 : 0) | (isRemoved ? 2 : 0))
  }

  /// Reads a writer.
  public init(from reader: inout Reader) throws(DecodingError) {
    key = try reader.fixed32()
    length = try reader.uint()
    let flags = try reader.uintUnchecked()
    isIndexer = flags & 1 != 0
    isRemoved = flags & 2 != 0
  }
}

/// The state of a node: `@registry/status`.
///
/// 32 bytes `baseKey` ‖ `localKey` ‖ `viewKey` ‖ `uint` viewLength ‖ `uint` signedLength ‖ flags byte (1 writable,
/// 2 isIndexer, 4 writers, 8 peers, 16 software) ‖ [array of framed writers] ‖ [`uint` peers] ‖ [`software`].
public struct Status: Sendable, Hashable {
  /// The key of the registry.
  public var baseKey: Fixed32
  /// The key of the node's own log.
  public var localKey: Fixed32
  /// The key of the signed view.
  public var viewKey: Fixed32
  /// The length of the view, the unsigned tip included.
  public var viewLength: UInt64
  /// The length of the part that a quorum of indexers has signed.
  public var signedLength: UInt64
  /// Whether the node may write.
  public var writable: Bool
  /// Whether the node takes part in signing the view.
  public var isIndexer: Bool
  /// The writers, nil when they are not told.
  public var writers: [WriterInfo]?
  /// The connected peers.
  public var peers: UInt64
  /// The program that runs the node, or nil.
  public var software: String?

  /// A state.
  public init(
    baseKey: Fixed32, localKey: Fixed32, viewKey: Fixed32, viewLength: UInt64, signedLength: UInt64,
    writable: Bool = false, isIndexer: Bool = false, writers: [WriterInfo]? = nil, peers: UInt64 = 0,
    software: String? = nil
  ) {
    self.baseKey = baseKey
    self.localKey = localKey
    self.viewKey = viewKey
    self.viewLength = viewLength
    self.signedLength = signedLength
    self.writable = writable
    self.isIndexer = isIndexer
    self.writers = writers
    self.peers = peers
    self.software = software.present
  }
}

extension Status: CompactEncodable, CompactDecodable {
  private var flags: UInt8 {
    (writable ? 1 : 0) | (isIndexer ? 2 : 0) | (writers == nil ? 0 : 4) | (peers == 0 ? 0 : 8)
      | (software.present == nil ? 0 : 16)
  }

  /// Adds the size of the state.
  public func measure(_ size: inout Size) {
    size.raw(96)
    size.uint(viewLength)
    size.uint(signedLength)
    size.byte()
    if let writers {
      size.uint(UInt64(writers.count))
      for writer in writers { size.frame(writer) }
    }
    if peers > 0 { size.uint(peers) }
    if let software = software.present { size.string(software) }
  }

  /// Writes the state.
  public func encode(into writer: inout Writer) {
    for key in [baseKey, localKey, viewKey] { writer.fixed32(key) }
    writer.uint(viewLength)
    writer.uint(signedLength)
    writer.uint8(flags)
    if let writers {
      writer.uint(UInt64(writers.count))
      for info in writers { writer.frame(info) }
    }
    if peers > 0 { writer.uint(peers) }
    if let software = software.present { writer.string(software) }
  }

  /// Reads a state.
  public init(from reader: inout Reader) throws(DecodingError) {
    baseKey = try reader.fixed32()
    localKey = try reader.fixed32()
    viewKey = try reader.fixed32()
    viewLength = try reader.uint()
    signedLength = try reader.uint()
    let flags = try reader.uintUnchecked()
    writable = flags & 1 != 0
    isIndexer = flags & 2 != 0
    writers = flags & 4 == 0 ? nil : try Self.writers(from: &reader)
    peers = flags & 8 == 0 ? 0 : try reader.uint()
    software = flags & 16 == 0 ? nil : try reader.string()
  }

  private static func writers(from reader: inout Reader) throws(DecodingError) -> [WriterInfo] {
    // A framed writer takes at least its length, a key, a length and its flags.
    let count = try reader.count(minimumSize: 35)
    var writers: [WriterInfo] = []
    writers.reserveCapacity(count)
    for _ in 0..<count { writers.append(try reader.frame()) }
    return writers
  }
}
