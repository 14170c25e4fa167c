public import CompactEncoding
import JSON

/// The body of a core's frame:
///
/// ```
/// flags(1) ‖ core(32) ‖ uint length ‖ uint fork
///   ‖ [01: string name] ‖ [02: uint byteLength] ‖ [04: buffer manifest] ‖ [08: treeHash(32)] ‖ [10: buffer signature]
///   ‖ [80: string further members]
/// ```
extension StreamCore: CompactCodable {
  private var flags: FrameFlags {
    [
      FrameFlags(0x01, if: name != nil), FrameFlags(0x02, if: byteLength != nil), FrameFlags(0x04, if: manifest != nil),
      FrameFlags(0x08, if: treeHash != nil), FrameFlags(0x10, if: signature != nil), extra.frameFlag,
    ]
  }

  public func measure(_ size: inout Size) {
    size.byte()
    size.fixed32()
    size.uint(length)
    size.uint(fork)
    if let name { size.string(name) }
    if let byteLength { size.uint(byteLength) }
    if let manifest { size.buffer(manifest) }
    if treeHash != nil { size.fixed32() }
    if let signature { size.buffer(signature) }
    extra.measureFrame(&size)
  }

  public func encode(into writer: inout Writer) {
    writer.uint8(flags.rawValue)
    writer.fixed32(core)
    writer.uint(length)
    writer.uint(fork)
    if let name { writer.string(name) }
    if let byteLength { writer.uint(byteLength) }
    if let manifest { writer.buffer(manifest) }
    if let treeHash { writer.fixed32(treeHash) }
    if let signature { writer.buffer(signature) }
    extra.encodeFrame(into: &writer)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    let flags = try FrameFlags(from: &reader, known: 0x1f)
    self.init(core: try reader.fixed32(), length: try reader.uint(), fork: try reader.uint())
    if flags.has(0x01) { name = try reader.text() }
    if flags.has(0x02) { byteLength = try reader.uint() }
    if flags.has(0x04) { manifest = try reader.buffer() }
    if flags.has(0x08) { treeHash = try reader.fixed32() }
    if flags.has(0x10) { signature = try reader.buffer() }
    extra = try JSONObject(frame: &reader, flags, of: StreamCore.self)
  }
}
