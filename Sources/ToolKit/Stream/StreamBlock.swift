public import CompactEncoding
import HypercoreCrypto
public import JSON

/// A block of a log.
public struct StreamBlock: StreamRecordBody {
  public static let type = "block"

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

  /// Writes the lines of many blocks of one log without building a JSON value for each.
  public struct LineWriter: Sendable {
    private let prefix: [UInt8]
    private let fork: [UInt8]

    /// Lines for blocks of this log.
    public init(core: Fixed32, fork: UInt64) {
      prefix = Array("{\"type\":\"block\",\"core\":\"\(KeyIdentifier.encode(core))\",\"seq\":".utf8)
      self.fork = Array(",\"fork\":\(fork),\"value\":\"".utf8)
    }

    /// Adds the line of the block `value` at `seq`.
    public func write(seq: UInt64, value: [UInt8], to output: inout [UInt8]) {
      output.append(contentsOf: prefix)
      output.append(contentsOf: String(seq).utf8)
      output.append(contentsOf: fork)
      for byte in value {
        output.append(LineWriter.digit(byte >> 4))
        output.append(LineWriter.digit(byte & 15))
      }
      output.append(contentsOf: [UInt8(ascii: "\""), UInt8(ascii: "}"), 0x0a])
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
  }
}
