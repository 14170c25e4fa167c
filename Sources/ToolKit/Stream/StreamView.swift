public import CompactEncoding
public import JSON

/// A view: its log and how much of it is final.
public struct StreamView: StreamRecordBody {
  public static let type = "view"
  public static let memberNames: Set<String> = ["view", "core", "length", "signedLength", "treeHash"]

  /// The view's name.
  public var view: String
  /// The key of its log, where it has one.
  public var core: Fixed32?
  /// Number of blocks.
  public var length: UInt64
  /// Number of blocks that a quorum of indexers signed.
  public var signedLength: UInt64?
  /// Hash of the tree's roots at `length`.
  public var treeHash: Fixed32?
  public var extra = JSONObject()

  /// A view of this length.
  public init(view: String, core: Fixed32? = nil, length: UInt64, signedLength: UInt64? = nil, treeHash: Fixed32? = nil)
  {
    self.view = view
    self.core = core
    self.length = length
    self.signedLength = signedLength
    self.treeHash = treeHash
  }

  public init(_ members: inout StreamMembers) throws(StreamError) {
    guard let view = try members.optionalText("view") else { throw .member("view", expected: "a string") }
    self.view = view
    core = try members.optionalKey("core")
    length = try members.number("length")
    signedLength = try members.optionalNumber("signedLength")
    treeHash = try members.optionalHash("treeHash")
    extra = members.rest
  }

  public func write(to object: inout JSONObject) {
    object["view"] = .string(view)
    object.set(key: "core", core)
    object.set("length", length)
    object.set("signedLength", signedLength)
    object.set(bytes: "treeHash", treeHash?.bytes)
  }
}

/// A block of a view.
public struct StreamAppend: StreamRecordBody {
  public static let type = "append"
  public static let memberNames: Set<String> = ["view", "seq", "value"]

  /// The view's name.
  public var view: String
  /// The block's index, counted from 0.
  public var seq: UInt64
  /// The block.
  public var value: [UInt8]
  public var extra = JSONObject()

  /// The block `value` at `seq` of `view`.
  public init(view: String, seq: UInt64, value: [UInt8]) {
    self.view = view
    self.seq = seq
    self.value = value
  }

  public init(_ members: inout StreamMembers) throws(StreamError) {
    guard let view = try members.optionalText("view") else { throw .member("view", expected: "a string") }
    self.view = view
    seq = try members.number("seq")
    value = try members.bytes("value")
    extra = members.rest
  }

  public func write(to object: inout JSONObject) {
    object["view"] = .string(view)
    object.set("seq", seq)
    object.set(bytes: "value", value)
  }
}

/// A log, a view, or the order became shorter: what follows replaces what was behind `length`.
public struct StreamTruncate: StreamRecordBody {
  public static let type = "truncate"
  public static let memberNames: Set<String> = ["core", "view", "length"]

  /// The log, or nil.
  public var core: Fixed32?
  /// The view, or nil; neither log nor view is the order of nodes.
  public var view: String?
  /// The length that remains.
  public var length: UInt64
  public var extra = JSONObject()

  /// `length` remains of the log, of the view, or of the order.
  public init(core: Fixed32? = nil, view: String? = nil, length: UInt64) {
    self.core = core
    self.view = view
    self.length = length
  }

  public init(_ members: inout StreamMembers) throws(StreamError) {
    core = try members.optionalKey("core")
    view = try members.optionalText("view")
    length = try members.number("length")
    extra = members.rest
  }

  public func write(to object: inout JSONObject) {
    object.set(key: "core", core)
    if let view { object["view"] = .string(view) }
    object.set("length", length)
  }
}

/// The last record: the stream is complete. A stream that ends without it was cut off.
public struct StreamEnd: StreamRecordBody {
  public static let type = "end"
  public static let memberNames: Set<String> = ["records"]

  /// Number of records before this one.
  public var records: UInt64
  public var extra = JSONObject()

  /// The end behind this many records.
  public init(records: UInt64) { self.records = records }

  public init(_ members: inout StreamMembers) throws(StreamError) {
    records = try members.number("records")
    extra = members.rest
  }

  public func write(to object: inout JSONObject) { object.set("records", records) }
}
