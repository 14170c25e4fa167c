public import CompactEncoding
import JSON

/// The body of a block's frame:
///
/// ```
/// flags(1) ‖ core(32) ‖ uint seq ‖ uint fork ‖ buffer value ‖ [80: string further members]
/// ```
extension StreamBlock: CompactCodable {
  public func measure(_ size: inout Size) {
    size.byte()
    size.fixed32()
    size.uint(seq)
    size.uint(fork)
    size.buffer(value)
    extra.measureFrame(&size)
  }

  public func encode(into writer: inout Writer) {
    writer.uint8(extra.frameFlag.rawValue)
    writer.fixed32(core)
    writer.uint(seq)
    writer.uint(fork)
    writer.buffer(value)
    extra.encodeFrame(into: &writer)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try FrameFlags(from: &reader, known: 0)
    self.init(
      core: try reader.fixed32(), seq: try reader.uint(), fork: try reader.uint(), value: try reader.buffer())
    extra = try JSONObject(frame: &reader, flags, of: StreamBlock.self)
  }
}
