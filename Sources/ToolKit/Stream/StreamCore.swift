public import CompactEncoding
public import JSON

/// A log: comes before its blocks.
public struct StreamCore: StreamRecordBody {
  public static let type = "core"
  public static let memberNames: Set<String> = [
    "core", "name", "length", "fork", "byteLength", "manifest", "treeHash", "signature",
  ]

  /// The log's key.
  public var core: Fixed32
  /// The name it has in the store it comes from.
  public var name: String?
  /// Number of blocks.
  public var length: UInt64
  /// Number of truncations.
  public var fork: UInt64
  /// Number of bytes of all blocks.
  public var byteLength: UInt64?
  /// The manifest's encoding, where it is known.
  public var manifest: [UInt8]?
  /// Hash of the tree's roots.
  public var treeHash: Fixed32?
  /// The signature of the tree head.
  public var signature: [UInt8]?
  public var extra = JSONObject()

  /// A log of which only the key and the length are known.
  public init(core: Fixed32, length: UInt64, fork: UInt64 = 0) {
    self.core = core
    self.length = length
    self.fork = fork
  }

  public init(_ members: inout StreamMembers) throws(StreamError) {
    core = try members.key("core")
    name = try members.optionalText("name")
    length = try members.number("length")
    fork = try members.optionalNumber("fork") ?? 0
    byteLength = try members.optionalNumber("byteLength")
    manifest = try members.optionalBytes("manifest")
    treeHash = try members.optionalHash("treeHash")
    signature = try members.optionalBytes("signature")
    extra = members.rest
  }

  public func write(to object: inout JSONObject) {
    object.set(key: "core", core)
    if let name { object["name"] = .string(name) }
    object.set("length", length)
    object.set("fork", fork)
    object.set("byteLength", byteLength)
    object.set(bytes: "manifest", manifest)
    object.set(bytes: "treeHash", treeHash?.bytes)
    object.set(bytes: "signature", signature)
  }
}
