public import JSON

/// One record of `hc-stream(5)`: a JSON object on a line of its own whose member `type` says what it is.
///
/// ``StreamFrame`` describes the binary form of the same records.
///
/// Bytes are lowercase hex, keys z-base-32, numbers integers from 0 to 2⁵³ − 1. Members that a type does not define are
/// kept and written again, and so are records of unknown types: a filter drops nothing it does not understand.
public enum StreamRecord: Sendable, Equatable {
  /// A log: its key and what is known of it.
  case core(StreamCore)
  /// A block of a log.
  case block(StreamBlock)
  /// A block of an Autobase writer, decoded; with its place when it is ordered.
  case node(StreamNode)
  /// A view: its log and how much of it is final.
  case view(StreamView)
  /// A block of a view.
  case append(StreamAppend)
  /// The order or a view became shorter: what follows replaces the end.
  case truncate(StreamTruncate)
  /// The stream is complete.
  case end(StreamEnd)
  /// A record of another type.
  case other(JSONObject)

  /// The record that a JSON value holds.
  ///
  /// - Throws: ``StreamError`` when it is no object, has no `type`, or lacks a member of its type.
  public init(_ value: JSON) throws(StreamError) {
    guard let object = value.object else { throw .notAnObject }
    guard let type = object["type"]?.string else { throw .member("type", expected: "a string") }
    var members = StreamMembers(object)
    switch type {
    case StreamCore.type: self = .core(try StreamCore(&members))
    case StreamBlock.type: self = .block(try StreamBlock(&members))
    case StreamNode.type: self = .node(try StreamNode(&members))
    case StreamView.type: self = .view(try StreamView(&members))
    case StreamAppend.type: self = .append(try StreamAppend(&members))
    case StreamTruncate.type: self = .truncate(try StreamTruncate(&members))
    case StreamEnd.type: self = .end(try StreamEnd(&members))
    default: self = .other(object)
    }
  }

  /// The record of one line.
  ///
  /// - Throws: ``StreamError``.
  public init(line: [UInt8]) throws(StreamError) {
    let value: JSON
    do { value = try JSON(parsing: line) } catch { throw .notJSON("\(error)") }
    try self.init(value)
  }

  /// The record as a JSON object, `type` first.
  public var json: JSON {
    switch self {
    case .core(let record): record.json
    case .block(let record): record.json
    case .node(let record): record.json
    case .view(let record): record.json
    case .append(let record): record.json
    case .truncate(let record): record.json
    case .end(let record): record.json
    case .other(let object): .object(object)
    }
  }
}

/// What the types of records have in common.
public protocol StreamRecordBody: Sendable, Equatable {
  /// The value of the member `type`.
  static var type: String { get }
  /// The names of the members that the type defines.
  static var memberNames: Set<String> { get }
  /// Members that the type does not define, in their order.
  var extra: JSONObject { get set }
  /// Takes the members it knows and keeps the rest.
  init(_ members: inout StreamMembers) throws(StreamError)
  /// Adds the members it knows, in their fixed order.
  func write(to object: inout JSONObject)
}

extension StreamRecordBody {
  /// The record as a JSON object: `type`, the members of the type, then the others.
  public var json: JSON {
    var object: JSONObject = JSONObject([("type", .string(Self.type))])
    write(to: &object)
    for (key, value) in extra { object[key] = value }
    return .object(object)
  }
}

/// Why a line is no record.
public enum StreamError: Error, Equatable, Sendable {
  /// Not JSON, and why.
  case notJSON(String)
  /// JSON, but no object.
  case notAnObject
  /// A member is missing or is not what it should be.
  case member(String, expected: String)
  /// A frame whose body is not what it should be, and why.
  case frame(String)
  /// A frame of a kind that this program does not know.
  case unknownFrame(UInt8)
}

extension StreamError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .notJSON(let reason): "not JSON: \(reason)"
    case .notAnObject: "not a JSON object"
    case .member(let name, let expected): "the member \(name) should be \(expected)"
    case .frame(let reason): "not a frame: \(reason.prefix(1).lowercased() + reason.dropFirst())"
    case .unknownFrame(let kind): "a frame of the unknown kind \(kind)"
    }
  }
}

extension StreamError: ToolErrorConvertible {
  public var toolError: ToolError {
    if case .unknownFrame = self {
      return ToolError(.incompatible, "\(self)", hint: "it was written by a newer version of the tools")
    }
    return ToolError(.usage, "not a record of hc-stream(5): \(self)")
  }
}
