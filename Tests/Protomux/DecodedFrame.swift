import CompactEncoding
import JSON
import TestSupport

/// What the vector files say about a frame, and the same read from the frame's bytes by this test's own reader.
enum DecodedFrame: Equatable {
  case open(localID: UInt64, protocolName: String, identifier: [UInt8], handshake: [UInt8])
  case reject(UInt64)
  case close(UInt64)
  case message(channel: UInt64, type: UInt64, body: [UInt8])

  /// The parts of a recorded frame, and whether they are in a batch.
  static func recorded(_ list: [JSON]) throws -> (parts: [DecodedFrame], isBatch: Bool) {
    var parts: [DecodedFrame] = []
    var isBatch = false
    for item in list {
      switch try item.text("kind") {
      case "batch-begin": isBatch = true
      case "batch-end": break
      case "open":
        parts.append(
          .open(
            localID: try item.number("localChannel"), protocolName: try item.text("protocol"),
            identifier: try item.hex("id"), handshake: try item.hex("handshakeHex")))
      case "reject": parts.append(.reject(try item.number("channel")))
      case "close": parts.append(.close(try item.number("localChannel")))
      case "message":
        parts.append(
          .message(
            channel: try item.number("channel"), type: try item.number("type"), body: try item.hex("bodyHex")))
      case let kind: throw VectorError("no test for a frame of kind \(kind)")
      }
    }
    return (parts, isBatch)
  }

  /// The parts of a frame's bytes.
  static func read(_ frame: [UInt8]) throws -> (parts: [DecodedFrame], isBatch: Bool) {
    var reader = Reader(frame.span.bytes)
    let channel = try reader.uint()
    if channel != 0 { return ([try body(channel, reader.rest())], false) }
    guard frame[1] == 0 else { return ([try body(0, reader.rest())], false) }
    var parts: [DecodedFrame] = []
    _ = try reader.uint()
    var current = try reader.uint()
    while reader.remaining > 0 {
      let bytes = try reader.buffer()
      if bytes.isEmpty { current = try reader.uint() } else { parts.append(try body(current, bytes)) }
    }
    return (parts, true)
  }

  private static func body(_ channel: UInt64, _ bytes: [UInt8]) throws -> DecodedFrame {
    var reader = Reader(bytes.span.bytes)
    let type = try reader.uint()
    if channel != 0 { return .message(channel: channel, type: type, body: reader.rest()) }
    let identifier = try reader.uint()
    switch type {
    case 1:
      let name = try reader.string()
      let key = try reader.buffer()
      return .open(localID: identifier, protocolName: name, identifier: key, handshake: reader.rest())
    case 2: return .reject(identifier)
    case 3: return .close(identifier)
    default: throw VectorError("control frame of type \(type)")
    }
  }
}
