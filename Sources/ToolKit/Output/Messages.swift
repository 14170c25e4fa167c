/// Messages for people, on stderr: `tool: error: …`, `tool: hint: …`.
public enum Messages {
  /// The name the tool was called by, without folder.
  public static let tool: String = {
    let path = CommandLine.arguments.first ?? "hypertools"
    return path.split(separator: "/").last.map(String.init) ?? path
  }()

  /// Something failed.
  public static func error(_ text: String) { write("error", text, colour: "31") }
  /// What to do about it.
  public static func hint(_ text: String) { write("hint", text, colour: "36") }
  /// Something is odd, the work goes on.
  public static func warning(_ text: String) { write("warning", text, colour: "33") }
  /// Something worth knowing, without a label: `tool: …`.
  public static func note(_ text: String) { write(nil, text, colour: nil) }

  /// A line as it is, without the tool's name: what programs read from a daemon's messages.
  public static func line(_ text: String) { emit(Progress.erasure + escape(text) + "\n") }

  /// An error and its hints.
  public static func report(_ problem: ToolError) {
    error(problem.message)
    for text in problem.hints { hint(text) }
  }

  private static func write(_ label: String?, _ text: String, colour: String?) {
    var line = Progress.erasure
    for part in escape(text).split(separator: "\n", omittingEmptySubsequences: false) {
      line += tool + ": "
      if let label {
        if let colour, Terminal.errorHasColour {
          line += "\u{1b}[\(colour)m\(label):\u{1b}[0m "
        } else {
          line += label + ": "
        }
      }
      line += part + "\n"
    }
    emit(line)
  }

  /// One write, so that messages of several processes do not mix. Nothing can be done when stderr is gone.
  private static func emit(_ text: String) {
    var bytes = text
    _ = bytes.withUTF8 { System.writeAll(2, UnsafeRawBufferPointer($0)) }
  }

  /// The text with control characters, except line feed and tab, spelled as `\u{..}`: foreign input in a message
  /// cannot steer the terminal.
  public static func escape(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if isControl(scalar) {
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 9, 10: false
    // C0, DEL and C1, and the marks that turn the direction of writing.
    case 0..<32, 127..<160, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
