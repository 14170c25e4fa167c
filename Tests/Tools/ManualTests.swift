import Glibc
import JSON
import TestSupport
import Testing

/// The folder of the checkout.
let checkout = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

/// Names of the files in a folder of the checkout.
func files(in folder: String) -> [String] {
  guard let directory = opendir("\(checkout)/\(folder)") else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { String(cString: $0.bindMemory(to: CChar.self).baseAddress!) }
    if !name.hasPrefix(".") { names.append(name) }
  }
  return names.sorted()
}

@Suite struct ManualTests {
  @Test(arguments: files(in: "man"))
  func examplesRunAsWritten(page: String) throws {
    let text = String(decoding: try readFile("\(checkout)/man/\(page)"), as: UTF8.self)
    let examples = ManualExamples(page: text)
    if page.hasSuffix(".1") { #expect(!examples.examples.isEmpty, "\(page) has no examples") }
    for failure in try examples.failures() { Issue.record("\(page): \(failure)") }
  }

  @Test(arguments: files(in: "bin"))
  func everyToolHasACompletePage(tool: String) throws {
    let text = String(decoding: try readFile("\(checkout)/man/\(tool).1"), as: UTF8.self)
    let sections = text.split(separator: "\n").filter { $0.hasPrefix(".Sh ") }.map { String($0.dropFirst(4)) }
    for section in [
      "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO",
      "COMPATIBILITY",
    ] { #expect(sections.contains(section), "\(tool).1 lacks \(section)") }
  }

  /// `.Pf` takes the text that stands before what follows; a macro there would be printed.
  @Test(arguments: files(in: "man"))
  func noMacroIsText(page: String) throws {
    let text = String(decoding: try readFile("\(checkout)/man/\(page)"), as: UTF8.self)
    let macros: Set<Substring> = ["Li", "Ar", "Fl", "Pa", "Cm", "Em", "Ev", "Ql", "Xr", "Nm"]
    for line in text.split(separator: "\n") where line.hasPrefix(".Pf ") {
      #expect(!macros.contains(line.split(separator: " ")[1]), "\(line)")
    }
  }

  /// The page names every flag that the tool takes, so that neither is forgotten.
  @Test(arguments: files(in: "bin"))
  func everyFlagIsOnThePage(tool: String) throws {
    let dump = try Command(Command.tool(tool), ["--experimental-dump-help"]).run()
    #expect(dump.status == 0)
    let page = String(decoding: try readFile("\(checkout)/man/\(tool).1"), as: UTF8.self)
    var flags: Set<String> = []
    collectFlags(try JSON(parsing: dump.output), into: &flags)
    #expect(!flags.isEmpty)
    for flag in flags.subtracting(["help", "version"]).sorted() {
      #expect(page.contains("Fl -\(flag)"), "\(tool).1 does not name --\(flag)")
    }
  }

  private func collectFlags(_ value: JSON, into flags: inout Set<String>) {
    if let name = value["name"]?.string, value["kind"]?.string == "long" { flags.insert(name) }
    for item in value.array ?? [] { collectFlags(item, into: &flags) }
    for member in value.object ?? JSONObject() { collectFlags(member.value, into: &flags) }
  }
}
