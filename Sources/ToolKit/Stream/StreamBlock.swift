public import CompactEncoding
public import JSON

/// A block of a log.
public struct StreamBlock: StreamRecordBody {
  public static let type = "block"
  public static let memberNames: Set<String> = ["core", "seq", "fork", "value"]

  /// The log's key.
  public var core: Fixed32
  /// The block's index, counted from 0.
  public var seq: UInt64
  /// Number of truncations the log had.
  public var fork: UInt64
  /// The block.
  public var value: [UInt8]
  public var extra = JSONObject()

  /// A block.
  public init(core: Fixed32, seq: UInt64, fork: UInt64, value: [UInt8]) {
    self.core = core
    self.seq = seq
    self.fork = fork
    self.value = value
  }

  public init(_ members: inout StreamMembers) throws(StreamError) {
    core = try members.key("core")
    seq = try members.number("seq")
    fork = try members.optionalNumber("fork") ?? 0
    value = try members.bytes("value")
    extra = members.rest
  }

  public func write(to object: inout JSONObject) {
    object.set(key: "core", core)
    object.set("seq", seq)
    object.set("fork", fork)
    object.set(bytes: "value", value)
  }
}
