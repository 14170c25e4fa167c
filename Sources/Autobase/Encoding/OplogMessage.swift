public import CompactEncoding

/// One block of a writer's log: a node of the graph and what its writer says about views (spec 03 §2.2–2.4).
///
/// Version 2 is written:
///
/// ```
/// uint 2
/// heads clock · batch uint · value optBuffer
/// flags uint {1: checkpoint, 2: digest, 4: optimistic, 8: trace}
/// [checkpoint frame] [digest frame] [trace frame]
/// ```
///
/// Versions 0 and 1 are read and mapped to the fields of version 2.
public struct OplogMessage: Sendable, Hashable {
  /// The version that was read, or 2.
  public var version: UInt64
  /// The heads of the graph that the writer knew. Receivers must not depend on their order.
  public var heads: [Checkout]
  /// Blocks left in this atomic batch, this one included: n, n − 1, … 1.
  public var batch: UInt64
  /// The application's bytes. Absent in an ack: a vote that `apply` never sees.
  public var value: [UInt8]?
  /// Signatures of view cores; only indexers write it.
  public var checkpoint: Checkpoint?
  /// The system core the writer is on.
  public var digest: Digest?
  /// Whether it comes from somebody who need not be a member; nil in version 0, which could not say.
  public var optimistic: Bool?
  /// Blocks read while this node was applied by its writer.
  public var trace: Trace?
  /// The highest version the writer understands; only in versions 0 and 1.
  public var maximumSupportedVersion: UInt64?

  /// A message of version 2.
  public init(
    heads: [Checkout], batch: UInt64 = 1, value: [UInt8]?, checkpoint: Checkpoint? = nil, digest: Digest? = nil,
    optimistic: Bool = false, trace: Trace? = nil
  ) {
    version = OplogMessage.currentVersion
    self.heads = heads
    self.batch = batch
    self.value = value
    self.checkpoint = checkpoint
    self.digest = digest
    self.optimistic = optimistic
    self.trace = trace
  }

  /// The version that is written, and the highest that is understood.
  public static let currentVersion: UInt64 = 2
}

extension OplogMessage: CompactEncodable {
  public func measure(_ size: inout Size) {
    size.uint(OplogMessage.currentVersion)
    size.array(heads)
    size.uint(batch)
    size.optionalBuffer(value)
    size.uint(flags)
    if let checkpoint { size.frame(checkpoint) }
    if let digest { size.frame(digest) }
    if let trace { size.frame(trace) }
  }

  public func encode(into writer: inout Writer) {
    writer.uint(OplogMessage.currentVersion)
    writer.array(heads)
    writer.uint(batch)
    writer.optionalBuffer(value)
    writer.uint(flags)
    if let checkpoint { writer.frame(checkpoint) }
    if let digest { writer.frame(digest) }
    if let trace { writer.frame(trace) }
  }

  private var flags: UInt64 {
    (checkpoint == nil ? 0 : 1) | (digest == nil ? 0 : 2) | (optimistic == true ? 4 : 0) | (trace == nil ? 0 : 8)
  }
}

extension OplogMessage: CompactDecodable {
  public init(from reader: inout Reader) throws(DecodingError) {
    let version = try reader.uint()
    switch version {
    case 0: try self.init(version0From: &reader)
    case 1: try self.init(version1From: &reader)
    case 2: try self.init(version2From: &reader)
    default: throw .unknown(what: "oplog message version", value: version)
    }
    self.version = version
  }

  private init(version2From reader: inout Reader) throws(DecodingError) {
    try self.init(nodeFrom: &reader)
    let flags = try reader.uint()
    checkpoint = flags & 1 == 0 ? nil : try reader.frame()
    digest = flags & 2 == 0 ? nil : try reader.frame()
    optimistic = flags & 4 != 0
    trace = flags & 8 == 0 ? nil : try reader.frame()
  }

  private init(version1From reader: inout Reader) throws(DecodingError) {
    let maximumSupportedVersion = try reader.uint()
    let flags = try reader.uint()
    var checkpoint: Checkpoint?
    var digest: Digest?
    if flags & 1 != 0 {
      checkpoint = Checkpoint(legacy: try Checkpointer.legacyList(from: &reader))
      digest = try Digest(legacyFrom: &reader)
    }
    try self.init(nodeFrom: &reader)
    self.maximumSupportedVersion = maximumSupportedVersion
    self.checkpoint = checkpoint
    self.digest = digest
    optimistic = flags & 2 != 0
  }

  private init(version0From reader: inout Reader) throws(DecodingError) {
    var checkpoint: Checkpoint?
    if try reader.uint() & 1 != 0 {
      if try reader.uint() == 0 {
        for _ in 0..<(try reader.count(minimumSize: 65)) {
          _ = try reader.uint()
          _ = try reader.fixed32()
          _ = try reader.fixed32()
        }
      }
      checkpoint = Checkpoint(legacy: try Checkpointer.legacyList(from: &reader))
    }
    try self.init(nodeFrom: &reader)
    self.checkpoint = checkpoint
    if try reader.uint() == 0 {
      let flags = try reader.uint()
      if flags & 1 != 0 { _ = try reader.fixed32() }
      if flags & 2 != 0 { _ = try reader.uint() }
    }
    maximumSupportedVersion = reader.remaining > 0 ? try reader.uint() : 0
  }

  private init(nodeFrom reader: inout Reader) throws(DecodingError) {
    self.init(heads: try reader.clock(), batch: try reader.uint(), value: try reader.optionalBuffer())
    optimistic = nil
  }
}

extension Checkpoint {
  /// Versions 0 and 1 list the system core first, then the user views.
  fileprivate init(legacy list: [Checkpointer]) {
    self.init(system: list.first, user: Array(list.dropFirst()))
  }
}
