public import CompactEncoding
import JSON

/// The body of a view's frame:
///
/// ```
/// flags(1) ‖ string view ‖ uint length ‖ [01: core(32)] ‖ [02: uint signedLength] ‖ [04: treeHash(32)]
///   ‖ [80: string further members]
/// ```
extension StreamView: CompactCodable {
  private var flags: FrameFlags {
    [
      FrameFlags(0x01, if: core != nil), FrameFlags(0x02, if: signedLength != nil),
      FrameFlags(0x04, if: treeHash != nil), extra.frameFlag,
    ]
  }

  public func measure(_ size: inout Size) {
    size.byte()
    size.string(view)
    size.uint(length)
    if core != nil { size.fixed32() }
    if let signedLength { size.uint(signedLength) }
    if treeHash != nil { size.fixed32() }
    extra.measureFrame(&size)
  }

  public func encode(into writer: inout Writer) {
    writer.uint8(flags.rawValue)
    writer.string(view)
    writer.uint(length)
    if let core { writer.fixed32(core) }
    if let signedLength { writer.uint(signedLength) }
    if let treeHash { writer.fixed32(treeHash) }
    extra.encodeFrame(into: &writer)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try FrameFlags(from: &reader, known: 0x07)
    self.init(view: try reader.text(), length: try reader.uint())
    if flags.has(0x01) { core = try reader.fixed32() }
    if flags.has(0x02) { signedLength = try reader.uint() }
    if flags.has(0x04) { treeHash = try reader.fixed32() }
    extra = try JSONObject(frame: &reader, flags, of: StreamView.self)
  }
}

/// The body of the frame of a view's block:
///
/// ```
/// flags(1) ‖ string view ‖ uint seq ‖ buffer value ‖ [80: string further members]
/// ```
extension StreamAppend: CompactCodable {
  public func measure(_ size: inout Size) {
    size.byte()
    size.string(view)
    size.uint(seq)
    size.buffer(value)
    extra.measureFrame(&size)
  }

  public func encode(into writer: inout Writer) {
    writer.uint8(extra.frameFlag.rawValue)
    writer.string(view)
    writer.uint(seq)
    writer.buffer(value)
    extra.encodeFrame(into: &writer)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try FrameFlags(from: &reader, known: 0)
    self.init(view: try reader.text(), seq: try reader.uint(), value: try reader.buffer())
    extra = try JSONObject(frame: &reader, flags, of: StreamAppend.self)
  }
}
