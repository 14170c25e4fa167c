/// What is known about the terminals behind the standard descriptors.
public enum Terminal {
  /// Whether stdin is a terminal.
  public static let inputIsTerminal = System.isTerminal(0)
  /// Whether stdout is a terminal.
  public static let outputIsTerminal = System.isTerminal(1)
  /// Whether stderr is a terminal.
  public static let errorIsTerminal = System.isTerminal(2)

  /// Whether stdout shows colours: a terminal, no `NO_COLOR`, not dumb.
  public static let outputHasColour = outputIsTerminal && colourIsWanted
  /// Whether stderr shows colours: a terminal, no `NO_COLOR`, not dumb.
  public static let errorHasColour = errorIsTerminal && colourIsWanted

  /// Characters in a line of stdout: as the terminal says, else the environment variable `COLUMNS`, else 100.
  public static var columns: Int {
    System.terminalColumns(1) ?? System.environment("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? 100
  }

  private static let colourIsWanted = System.environment("NO_COLOR") == nil && colourOrCursorIsKnown

  /// Whether escape sequences mean anything to the terminal.
  static let colourOrCursorIsKnown = System.environment("TERM").map { $0 != "dumb" } ?? false

  /// Whether the locale's characters are those of UTF-8, as they are where no locale is set.
  public static let isUTF8: Bool = {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { System.environment($0) }
    guard let name = names.first(where: { !$0.isEmpty })?.lowercased() else { return true }
    return name.hasSuffix("utf-8") || name.hasSuffix("utf8") || name.contains("utf-8@") || name.contains("utf8@")
  }()

  /// Whether the bytes are safe to show: well-formed UTF-8 without control characters other than tab and line ends.
  public static func isText(_ bytes: [UInt8]) -> Bool {
    for byte in bytes where byte < 32 && !(9...10 ~= byte) && byte != 13 || byte == 127 { return false }
    return bytes.withUnsafeBufferPointer { buffer in
      guard let text = String(validating: buffer, as: UTF8.self) else { return false }
      return !text.unicodeScalars.contains { (0x80..<0xa0).contains($0.value) }
    }
  }
}
