import CompactEncoding
import JSON

/// The first byte of the body of a frame: which optional fields follow.
struct FrameFlags: OptionSet {
  let rawValue: UInt8

  /// The JSON text of further members is the last field.
  static let extra = FrameFlags(rawValue: 0x80)

  /// A set with one flag if `condition` holds.
  init(_ bit: UInt8, if condition: Bool) { rawValue = condition ? bit : 0 }
  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Reads the flags.
  ///
  /// - Parameter known: those that the type defines, besides ``extra``.
  init(from reader: inout Reader, known: UInt8) throws(DecodingError) {
    rawValue = try reader.uint8()
    let unknown = rawValue & ~(known | FrameFlags.extra.rawValue)
    if unknown != 0 { throw .unknown(what: "flag", value: UInt64(unknown)) }
  }

  /// Whether the flag is set.
  func has(_ bit: UInt8) -> Bool { rawValue & bit != 0 }
}

extension JSONObject {
  /// The flag that says that there are members.
  var frameFlag: FrameFlags { isEmpty ? [] : .extra }

  func measureFrame(_ size: inout Size) { if !isEmpty { size.buffer(JSON.object(self).utf8()) } }
  func encodeFrame(into writer: inout Writer) { if !isEmpty { writer.buffer(JSON.object(self).utf8()) } }

  /// Members as ``encodeFrame(into:)`` wrote them.
  ///
  /// - Parameter type: that of the record, none of whose own members may be among them.
  init(frame reader: inout Reader, _ flags: FrameFlags, of type: (some StreamRecordBody).Type) throws(DecodingError) {
    self.init()
    guard flags.contains(.extra) else { return }
    guard let object = (try? JSON(parsing: reader.buffer()))?.object, !object.isEmpty else {
      throw .invalid("Further members are not a JSON object")
    }
    for name in object.keys where name == "type" || type.memberNames.contains(name) {
      throw .invalid("The member \(name) is among those that the type does not have")
    }
    self = object
  }
}

extension Reader {
  /// UTF-8 behind its length; ill-formed text is an error.
  mutating func text() throws(DecodingError) -> String {
    guard let text = String(validating: try buffer(), as: UTF8.self) else { throw .invalid("A text is not UTF-8") }
    return text
  }
}
