import CompactEncoding
import JSON
import ProtomuxRPC

/// What is said to and by a command of `--exec-lines`: one JSON object a line.
enum LineProtocol {
  /// The longest answer that is taken: a reply in hex, and some room for the rest.
  static let maximumLineByteCount = 2 * CommandCall.maximumReplyByteCount + 65_536

  /// The line for a call: `{"caller":KEY,"method":NAME,"value":HEX}`.
  static func request(_ call: CommandCall) -> [UInt8] {
    let object: JSON = [
      "caller": .string(call.caller), "method": .string(call.method), "value": .string(Hex.encode(call.value)),
    ]
    var line: [UInt8] = []
    object.write(to: &line)
    line.append(10)
    return line
  }

  /// The value of an answer: `{"value":HEX}`, or `{"error":TEXT}`, or `{"error":{"message":TEXT,"code":WORD}}`.
  static func answer(_ line: ArraySlice<UInt8>) throws(CommandFailure) -> [UInt8] {
    guard let object = try? JSON(parsing: Array(line)) else { throw .malformed("not JSON") }
    if let text = object["value"]?.string {
      guard let value = Hex.decode(text) else { throw .malformed("value is not hex") }
      let limit = CommandCall.maximumReplyByteCount
      if value.count > limit { throw .tooLarge(limit: limit) }
      return value
    }
    guard let error = object["error"] else { throw .malformed("neither value nor error") }
    if let text = error.string { throw .refused(RPCError.Cause(text, code: "COMMAND_FAILED")) }
    throw .refused(
      RPCError.Cause(error["message"]?.string ?? "the call failed", code: error["code"]?.string ?? "COMMAND_FAILED"))
  }
}
