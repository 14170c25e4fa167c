public import CompactEncoding
import JSON

/// The body of a truncation's frame:
///
/// ```
/// flags(1) ‖ uint length ‖ [01: core(32)] ‖ [02: string view] ‖ [80: string further members]
/// ```
extension StreamTruncate: CompactCodable {
  public func measure(_ size: inout Size) {
    size.byte()
    size.uint(length)
    if core != nil { size.fixed32() }
    if let view { size.string(view) }
    extra.measureFrame(&size)
  }

  public func encode(into writer: inout Writer) {
    let flags: FrameFlags = [FrameFlags(0x01, if: core != nil), FrameFlags(0x02, if: view != nil), extra.frameFlag]
    writer.uint8(flags.rawValue)
    writer.uint(length)
    if let core { writer.fixed32(core) }
    if let view { writer.string(view) }
    extra.encodeFrame(into: &writer)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try FrameFlags(from: &reader, known: 0x03)
    self.init(length: try reader.uint())
    if flags.has(0x01) { core = try reader.fixed32() }
    if flags.has(0x02) { view = try reader.text() }
    extra = try JSONObject(frame: &reader, flags, of: StreamTruncate.self)
  }
}

/// The body of the last frame:
///
/// ```
/// flags(1) ‖ uint records ‖ [80: string further members]
/// ```
extension StreamEnd: CompactCodable {
  public func measure(_ size: inout Size) {
    size.byte()
    size.uint(records)
    extra.measureFrame(&size)
  }

  public func encode(into writer: inout Writer) {
    writer.uint8(extra.frameFlag.rawValue)
    writer.uint(records)
    extra.encodeFrame(into: &writer)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try FrameFlags(from: &reader, known: 0)
    self.init(records: try reader.uint())
    extra = try JSONObject(frame: &reader, flags, of: StreamEnd.self)
  }
}
