package import CompactEncoding
import JSON

/// The binary form of a record:
///
/// ```
/// frame = kind(1) ‖ u32le(size of the body) ‖ body
/// ```
///
/// The first byte of a frame is one that no text begins with, so that frames and lines can follow one another. Bodies
/// are compact-encoded, with the fields that each type's `encode(into:)` lists; the flags of a body say which optional
/// fields are there, and flag 0x80 that the JSON text of its other members comes last. A record of a type that has no
/// kind of its own is a frame of kind ``Kind/json``, so that there is a frame for every record.
package enum StreamFrame {
  /// Bytes before the body.
  package static let headerSize = 5
  /// The largest body: the largest line.
  static let bodyLimit = StreamReader.lineLimit

  /// The first byte of a frame.
  enum Kind: UInt8, CaseIterable {
    /// The body is the record as JSON text.
    case json = 0x80
    case core = 0x81
    case block = 0x82
    case node = 0x83
    case view = 0x84
    case append = 0x85
    case truncate = 0x86
    case end = 0x87
  }

  /// Whether a byte is the first of a frame: one that continues a character in UTF-8, and so begins no text.
  @inline(__always)
  static func isFirst(_ byte: UInt8) -> Bool { byte & 0xc0 == 0x80 }

  /// Bytes of the frame at the start of `bytes`, header included; nil when they do not tell.
  static func size(at bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count >= headerSize else { return nil }
    return headerSize + Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self)))
  }

  /// Adds the frame of a record.
  package static func append(_ record: StreamRecord, to output: inout OutputBuffer) {
    switch record {
    case .core(let body): append(.core, body, to: &output)
    case .block(let body): append(.block, body, to: &output)
    case .node(let body): append(.node, body, to: &output)
    case .view(let body): append(.view, body, to: &output)
    case .append(let body): append(.append, body, to: &output)
    case .truncate(let body): append(.truncate, body, to: &output)
    case .end(let body): append(.end, body, to: &output)
    case .other(let object):
      let text = JSON.object(object).utf8()
      output.append(byteCount: headerSize + text.count) { writer in
        writeHeader(.json, size: text.count, to: &writer)
        writer.raw(text)
      }
    }
  }

  private static func append(_ kind: Kind, _ body: some CompactEncodable, to output: inout OutputBuffer) {
    var size = Size()
    body.measure(&size)
    let count = size.count
    output.append(byteCount: headerSize + count) { writer in
      writeHeader(kind, size: count, to: &writer)
      body.encode(into: &writer)
    }
  }

  private static func writeHeader(_ kind: Kind, size: Int, to writer: inout Writer) {
    writer.uint8(kind.rawValue)
    writer.uint32(UInt32(size))
  }

  /// The record in a frame.
  ///
  /// - Parameters:
  ///   - first: the first byte of the frame.
  ///   - body: its body.
  package static func record(_ first: UInt8, _ body: RawSpan) throws(StreamError) -> StreamRecord {
    guard let kind = Kind(rawValue: first) else { throw .unknownFrame(first) }
    switch kind {
    case .json: return try StreamRecord(line: body.array)
    case .core: return .core(try decode(body))
    case .block: return .block(try decode(body))
    case .node: return .node(try decode(body))
    case .view: return .view(try decode(body))
    case .append: return .append(try decode(body))
    case .truncate: return .truncate(try decode(body))
    case .end: return .end(try decode(body))
    }
  }

  private static func decode<Body: CompactDecodable>(_ bytes: RawSpan) throws(StreamError) -> Body {
    var reader = Reader(bytes)
    do {
      let body = try Body(from: &reader)
      guard reader.remaining == 0 else { throw DecodingError.invalid("\(reader.remaining) bytes too many") }
      return body
    } catch { throw .frame("\(error)") }
  }
}
