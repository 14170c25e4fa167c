import Glibc

/// Values that a flag, the environment, a configuration file or a default may give, in this order.
///
/// The setting `store` is the variable `HYPERTOOLS_STORE` and the line `store = PATH` of the configuration file:
/// `$HYPERTOOLS_CONFIG`, else `$XDG_CONFIG_HOME/hypertools/config`, else `~/.config/hypertools/config`. The file has one
/// `name = value` a line; blank lines and lines that begin with `#` mean nothing. Unknown names are errors, so that a
/// misspelt one is noticed. Secrets are never read from either.
public struct Settings: Sendable {
  /// Every setting there is.
  public enum Name: String, Sendable, CaseIterable {
    /// Folder of the store.
    case store
    /// `full` or `normal`.
    case sync
    /// Servers that `rpc-call` asks, separated by spaces or commas.
    case server
    /// How long to wait at most.
    case timeout

    /// Its environment variable.
    public var variable: String { "HYPERTOOLS_" + rawValue.uppercased() }
  }

  private let fileValues: [Name: String]

  /// The settings of this process; the configuration file is read when it exists.
  public init() throws(ToolError) {
    guard let path = Settings.filePath else {
      fileValues = [:]
      return
    }
    let isNamed = System.environment("HYPERTOOLS_CONFIG") != nil
    guard isNamed || access(path, F_OK) == 0 else {
      fileValues = [:]
      return
    }
    var reader = try RecordReader(path: path, framing: .whole, limit: 1 << 20)
    fileValues = try Settings.parse(String(decoding: reader.next() ?? [], as: UTF8.self), path: path)
  }

  /// The value from the environment, else from the file, else nil.
  public func value(_ name: Name) -> String? { System.environment(name.variable) ?? fileValues[name] }

  /// The configuration file's path, whether it exists or not; nil when there is no home folder.
  public static var filePath: String? {
    if let path = System.environment("HYPERTOOLS_CONFIG") { return path }
    if let folder = System.environment("XDG_CONFIG_HOME") { return folder + "/hypertools/config" }
    return System.environment("HOME").map { $0 + "/.config/hypertools/config" }
  }

  /// How long to wait: what is given, else what is set, else the default. In milliseconds.
  ///
  /// - Throws: a usage error for a setting that is no time.
  public static func timeoutMilliseconds(
    _ given: DurationArgument?, default standard: Int64 = 30_000
  ) throws(ToolError) -> Int64 {
    if let given { return given.milliseconds }
    guard let text = try Settings().value(.timeout) else { return standard }
    guard let value = DurationArgument(argument: text) else {
      throw ToolError(.usage, "\(Name.timeout.variable) is a time such as 10s, found \(text)")
    }
    return value.milliseconds
  }

  static func parse(_ text: String, path: String) throws(ToolError) -> [Name: String] {
    var values: [Name: String] = [:]
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = line.trimmed
      if line.isEmpty || line.hasPrefix("#") { continue }
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(\.trimmed)
      guard parts.count == 2 else {
        throw ToolError(.usage, "\(path):\(number + 1): expected name = value, found \(line)")
      }
      guard let name = Name(rawValue: String(parts[0])) else {
        let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
        throw ToolError(.usage, "\(path):\(number + 1): no setting is called \(parts[0])", hint: "there are: \(known)")
      }
      values[name] = String(parts[1])
    }
    return values
  }
}

extension StringProtocol {
  /// The text without white space at both ends.
  var trimmed: SubSequence {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
      return self[startIndex..<startIndex]
    }
    return self[first...last]
  }
}
