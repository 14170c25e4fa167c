import TestSupport

/// The examples of a manual page: in its literal blocks, lines `$ command`, each followed by what it prints.
///
/// All commands of a page run in one shell, one after the other, in an empty folder, so that a later example can use
/// what an earlier one made. Output is compared line by line, stderr included; a line `...` stands for any number of
/// lines. A command must succeed unless the next one is `echo $?`.
struct ManualExamples {
  struct Example {
    var command: String
    var output: [String]
  }

  var examples: [Example] = []

  init(page: String) {
    var isLiteral = false
    var continues = false
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix(".Bd -literal") {
        isLiteral = true
      } else if line.hasPrefix(".Ed") {
        isLiteral = false
      } else if isLiteral {
        let text = ManualExamples.unescape(String(line))
        if continues {
          examples[examples.count - 1].command += "\n" + text
          continues = text.hasSuffix("\\")
        } else if text.hasPrefix("$ ") {
          examples.append(Example(command: String(text.dropFirst(2)), output: []))
          continues = text.hasSuffix("\\")
        } else if !examples.isEmpty {
          examples[examples.count - 1].output.append(text)
        }
      }
    }
  }

  /// The characters that mdoc spells in another way.
  static func unescape(_ line: String) -> String {
    var text = ""
    var rest = Substring(line)
    let escapes: [(String, String)] = [
      ("\\e", "\\"), ("\\-", "-"), ("\\&", ""), ("\\(aq", "'"), ("\\(ga", "`"), ("\\(dq", "\""), ("\\(ha", "^"),
      ("\\(ti", "~"),
    ]
    while let first = rest.first {
      if first == "\\", let escape = escapes.first(where: { rest.hasPrefix($0.0) }) {
        text += escape.1
        rest = rest.dropFirst(escape.0.count)
      } else {
        text.append(first)
        rest = rest.dropFirst()
      }
    }
    return text
  }

  /// Runs all examples; returns what went wrong, a text for each.
  func failures() throws -> [String] {
    let folder = TemporaryDirectory()
    var script = "last=0\n"
    for (number, example) in examples.enumerated() {
      script += "(exit $last)\n{ \(example.command)\n} >'\(folder.path)/\(number).out' 2>&1 </dev/null\n"
      script += "last=$?\necho $last >'\(folder.path)/\(number).status'\n"
    }
    let work = TemporaryDirectory()
    try folder.write("script", Array(script.utf8))
    let path = "\(Command.toolFolder):/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    _ = try Command(
      "/bin/sh", [folder.file("script")],
      environment: ["PATH": path, "HOME": work.path, "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": "", "NO_COLOR": "1"],
      folder: work.path, timeoutMilliseconds: 300_000
    ).run()

    var failures: [String] = []
    for (number, example) in examples.enumerated() {
      let output = String(decoding: try readFile(folder.file("\(number).out")), as: UTF8.self)
      let status = String(decoding: try readFile(folder.file("\(number).status")), as: UTF8.self)
      var lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      if lines.last == "" { lines.removeLast() }
      if !ManualExamples.matches(lines[...], example.output[...]) {
        failures.append("$ \(example.command)\nexpected:\n\(example.output.joined(separator: "\n"))\nfound:\n\(output)")
      }
      let isAsked = number + 1 < examples.count && examples[number + 1].command.hasPrefix("echo $?")
      if status != "0\n", !isAsked { failures.append("$ \(example.command)\nended with status \(status)\(output)") }
    }
    return failures
  }

  private static func matches(_ found: ArraySlice<String>, _ expected: ArraySlice<String>) -> Bool {
    guard let first = expected.first else { return found.isEmpty }
    if first == "..." {
      return (found.startIndex...found.endIndex).contains { matches(found[$0...], expected.dropFirst()) }
    }
    return found.first == first && matches(found.dropFirst(), expected.dropFirst())
  }
}
