public import CompactEncoding
import HypercoreCrypto
public import JSON

/// A block of an Autobase writer, decoded. `block` is the truth; the other members spell out what it says, for readers
/// that do not decode it themselves.
public struct StreamNode: StreamRecordBody {
  public static let type = "node"
  public static let memberNames: Set<String> = [
    "core", "seq", "fork", "index", "indexed", "heads", "batch", "value", "optimistic", "block",
  ]

  /// A place in a writer's log: the block before `length`.
  public struct Head: Sendable, Equatable {
    /// The writer's log.
    public var core: Fixed32
    /// Its length just behind the block meant.
    public var length: UInt64

    /// The place behind block `length` − 1 of `core`.
    public init(core: Fixed32, length: UInt64) {
      self.core = core
      self.length = length
    }
  }

  /// The writer's log.
  public var core: Fixed32
  /// The block's index, counted from 0.
  public var seq: UInt64
  /// Number of truncations the log had.
  public var fork: UInt64
  /// The block as it is stored.
  public var block: [UInt8]
  /// The heads the writer knew.
  public var heads: [Head]
  /// Blocks left in the atomic batch, counting this one.
  public var batch: UInt64
  /// What the application appended; nil for an acknowledgement.
  public var value: [UInt8]?
  /// Whether somebody who is no member yet wrote it.
  public var optimistic: Bool
  /// Its place in the order, where it is ordered.
  public var index: UInt64?
  /// Whether that place is final, where it is ordered.
  public var indexed: Bool?
  public var extra = JSONObject()

  /// A node as it stands in a log.
  public init(
    core: Fixed32, seq: UInt64, fork: UInt64, block: [UInt8], heads: [Head], batch: UInt64, value: [UInt8]?,
    optimistic: Bool
  ) {
    self.core = core
    self.seq = seq
    self.fork = fork
    self.block = block
    self.heads = heads
    self.batch = batch
    self.value = value
    self.optimistic = optimistic
  }

  public init(_ members: inout StreamMembers) throws(StreamError) {
    core = try members.key("core")
    seq = try members.number("seq")
    fork = try members.optionalNumber("fork") ?? 0
    block = try members.bytes("block")
    batch = try members.number("batch")
    heads = []
    guard let list = members.take("heads")?.array else { throw .member("heads", expected: "an array") }
    for item in list {
      guard let key = item["core"], let length = item["length"]?.unsigned,
        length <= maximumSafeInteger
      else {
        throw .member("heads", expected: "objects with core and length")
      }
      heads.append(Head(core: try StreamMembers.key(key, "heads"), length: length))
    }
    value = try members.optionalBytes("value")
    optimistic = try members.flag("optimistic") ?? false
    index = try members.optionalNumber("index")
    indexed = try members.flag("indexed")
    extra = members.rest
  }

  public func write(to object: inout JSONObject) {
    object.set(key: "core", core)
    object.set("seq", seq)
    object.set("fork", fork)
    object.set("index", index)
    if let indexed { object["indexed"] = .bool(indexed) }
    object["heads"] = .array(
      heads.map { ["core": .string(KeyIdentifier.encode($0.core)), "length": .integer(Int64(clamping: $0.length))] })
    object.set("batch", batch)
    object["value"] = value.map { .string(Hex.encode($0)) } ?? .null
    if optimistic { object["optimistic"] = true }
    object.set(bytes: "block", block)
  }
}
