public import CompactEncoding
import JSON

/// The body of a node's frame:
///
/// ```
/// flags(1) ‖ core(32) ‖ uint seq ‖ uint fork ‖ uint batch ‖ [04: uint index]
///   ‖ uint number of heads ‖ heads: core(32) ‖ uint length
///   ‖ [01: buffer value] ‖ buffer block ‖ [80: string further members]
/// ```
///
/// Flag 02 is `optimistic`; 08 says that `indexed` is known, 10 that it is true.
extension StreamNode: CompactCodable {
  private var flags: FrameFlags {
    [
      FrameFlags(0x01, if: value != nil), FrameFlags(0x02, if: optimistic), FrameFlags(0x04, if: index != nil),
      FrameFlags(0x08, if: indexed != nil), FrameFlags(0x10, if: indexed == true), extra.frameFlag,
    ]
  }

  public func measure(_ size: inout Size) {
    size.byte()
    size.fixed32()
    size.uint(seq)
    size.uint(fork)
    size.uint(batch)
    if let index { size.uint(index) }
    size.uint(UInt64(heads.count))
    for head in heads {
      size.fixed32()
      size.uint(head.length)
    }
    if let value { size.buffer(value) }
    size.buffer(block)
    extra.measureFrame(&size)
  }

  public func encode(into writer: inout Writer) {
    writer.uint8(flags.rawValue)
    writer.fixed32(core)
    writer.uint(seq)
    writer.uint(fork)
    writer.uint(batch)
    if let index { writer.uint(index) }
    writer.uint(UInt64(heads.count))
    for head in heads {
      writer.fixed32(head.core)
      writer.uint(head.length)
    }
    if let value { writer.buffer(value) }
    writer.buffer(block)
    extra.encodeFrame(into: &writer)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try FrameFlags(from: &reader, known: 0x1f)
    core = try reader.fixed32()
    seq = try reader.uint()
    fork = try reader.uint()
    batch = try reader.uint()
    index = flags.has(0x04) ? try reader.uint() : nil
    guard flags.has(0x08) || !flags.has(0x10) else { throw .invalid("A place is final and is not told") }
    indexed = flags.has(0x08) ? flags.has(0x10) : nil
    optimistic = flags.has(0x02)
    let count = try reader.count(minimumSize: 33)
    heads = []
    heads.reserveCapacity(count)
    for _ in 0..<count { heads.append(Head(core: try reader.fixed32(), length: try reader.uint())) }
    value = flags.has(0x01) ? try reader.buffer() : nil
    block = try reader.buffer()
    extra = try JSONObject(frame: &reader, flags, of: StreamNode.self)
  }
}
