import CompactEncoding
import Hypercore
import HypercoreCrypto
import JSON
import TestSupport

@testable import Replication

/// One recorded conversation.
struct Transcript {
  enum Entry {
    /// What the application did next.
    case mark(String)
    case frame(Frame)
  }

  struct Frame {
    let from: String
    let bytes: [UInt8]
    var messages: [Message]
  }

  /// One message or control of a frame.
  struct Message {
    enum Kind: Equatable { case open(id: [UInt8], handshake: [UInt8]), close, reject, message(MessageType) }
    let kind: Kind
    /// The sender's id of the channel; for REJECT the receiver's.
    let channel: Int
    let body: [UInt8]
    /// The discovery key of the sender's channel.
    var id: [UInt8] = []
  }

  let json: JSON
  let name: String
  let handshakeHash: [UInt8]
  let entries: [Entry]

  init(_ json: JSON) throws {
    self.json = json
    name = try json.text("name")
    handshakeHash = try json.hex("handshakeHash")
    guard try json.text("initiator") == "A" else { throw VectorError("the initiator is not A") }
    var ids: [String: [Int: [UInt8]]] = [:]
    entries = try json.list("frames").map { frame in
      if let mark = frame["mark"]?.string { return .mark(mark) }
      let bytes = try frame.hex("hex")
      let from = try frame.text("from")
      var messages = try WireDecoder.messages(of: bytes)
      try Self.compare(messages, with: frame.list("decoded"))
      for number in messages.indices {
        if case .open(let id, _) = messages[number].kind { ids[from, default: [:]][messages[number].channel] = id }
        if messages[number].kind != .reject { messages[number].id = ids[from]?[messages[number].channel] ?? [] }
      }
      return .frame(Frame(from: from, bytes: bytes, messages: messages))
    }
  }

  /// The test's own decoder must read what the file says.
  private static func compare(_ messages: [Message], with decoded: [JSON]) throws {
    let known = try decoded.filter { try !$0.text("kind").hasPrefix("batch") }
    guard known.count == messages.count else { throw VectorError("a frame was read otherwise than recorded") }
    for (row, message) in zip(known, messages) {
      switch (try row.text("kind"), message.kind) {
      case ("open", .open(let id, _)): guard try row.hex("id") == id else { throw VectorError("other id") }
      case ("close", .close), ("reject", .reject): break
      case ("message", .message(let type)):
        guard try row.number("type") == type.rawValue, try row.hex("bodyHex") == message.body else {
          throw VectorError("other message")
        }
      case (let kind, _): throw VectorError("unknown kind \(kind)")
      }
    }
  }

  /// The frames up to the first mark, and those behind each mark with its text.
  var segments: [(mark: String, frames: [Frame])] {
    var segments: [(mark: String, frames: [Frame])] = [("", [])]
    for entry in entries {
      switch entry {
      case .mark(let text): segments.append((text, []))
      case .frame(let frame): segments[segments.count - 1].frames.append(frame)
      }
    }
    return segments
  }

  /// Everything of one type that a side sent for a log, decoded.
  func sent<T: CompactDecodable>(_ type: MessageType, by side: String, id: [UInt8]? = nil) throws -> [T] {
    try Self.sent(type, by: side, id: id, in: segments.flatMap(\.frames))
  }

  static func sent<T: CompactDecodable>(
    _ type: MessageType, by side: String, id: [UInt8]?, in frames: [Frame]
  ) throws -> [T] {
    try frames.filter { $0.from == side }.flatMap(\.messages)
      .filter { $0.kind == .message(type) && (id == nil || $0.id == id) }.map { try T(decoding: $0.body) }
  }

  /// Whether the requests of a segment were made by hand, and not by the replicator.
  static func isHandMade(_ mark: String) -> Bool { mark.contains("hand made") }
}

/// Reads frames of a muxer, without its state.
enum WireDecoder {
  static func messages(of frame: [UInt8]) throws -> [Transcript.Message] {
    var reader = Reader(frame.span.bytes)
    let channel = try reader.uint()
    guard channel == 0 else { return [try message(channel, reader.rest())] }
    guard frame.count > 1, frame[1] == 0 else { return [try control(reader.rest())] }
    _ = try reader.uint()
    var messages: [Transcript.Message] = []
    var current = try reader.uint()
    while reader.remaining > 0 {
      let body = try reader.buffer()
      if body.isEmpty {
        current = try reader.uint()
      } else {
        messages.append(try current == 0 ? control(body) : message(current, body))
      }
    }
    return messages
  }

  private static func message(_ channel: UInt64, _ body: [UInt8]) throws -> Transcript.Message {
    var reader = Reader(body.span.bytes)
    guard let type = MessageType(rawValue: try reader.uint()) else { throw VectorError("unknown type") }
    return Transcript.Message(kind: .message(type), channel: Int(channel), body: reader.rest())
  }

  private static func control(_ body: [UInt8]) throws -> Transcript.Message {
    var reader = Reader(body.span.bytes)
    let type = try reader.uint()
    let channel = Int(try reader.uint())
    switch type {
    case 1:
      _ = try reader.string()
      let id = try reader.buffer()
      return Transcript.Message(kind: .open(id: id, handshake: reader.rest()), channel: channel, body: [])
    case 2: return Transcript.Message(kind: .reject, channel: channel, body: [])
    case 3: return Transcript.Message(kind: .close, channel: channel, body: [])
    default: throw VectorError("unknown control \(type)")
    }
  }
}
