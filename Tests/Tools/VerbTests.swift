import Glibc
import TestSupport
import Testing

/// Command lines without a verb, and with one in the wrong place.
@Suite struct VerbTests {
  @Test(arguments: ["registry-admin", "hc-log", "ab-linearize", "hdb-view"])
  func aToolWithoutAVerbTellsHowItIsCalled(tool: String) throws {
    let result = try Store().run(tool, [])
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(result.messages.hasPrefix("\(tool): error: a command is needed\n"), "\(result.messages)")
    #expect(result.messages.contains("SUBCOMMANDS:"))
    // Who asks for help gets it as data.
    for arguments in [["--help"], ["help"]] {
      let help = try Store().run(tool, arguments)
      #expect(help.status == 0 && help.errors.isEmpty && help.text.contains("SUBCOMMANDS:"), "\(arguments)")
    }
    #expect(try Store().run(tool, ["--version"]).status == 0)
  }

  @Test func aVerbBehindVerbsIsNeeded() throws {
    let result = try Store().run("registry-admin", ["schema"])
    #expect(result.status == 2 && result.output.isEmpty && result.messages.contains("SUBCOMMANDS:"))
  }

  @Test func optionsMayComeBeforeTheVerb() throws {
    let registry = try RegistryStore()
    try registry.fill(3)
    let store = registry.store
    let expected = try store.run("hdb-view", ["count", "--json"])
    #expect(expected.status == 0)
    #expect(try store.run("hdb-view", ["--json", "count"]).output == expected.output)
    // A value may look like a verb.
    #expect(symlink(store.path, store.folder.file("get")) == 0)
    let confusing = try store.run(
      "hdb-view", ["--store", "get", "--json", "count"], environment: ["HYPERTOOLS_STORE": ""])
    #expect(confusing.output == expected.output, "\(confusing.messages)")
    // What is wrong is told as if the verb were first.
    let wrong = try store.run("hdb-view", ["--json", "get"])
    #expect(wrong.status == 2 && wrong.messages.contains("the record's name or --key is needed"), "\(wrong.messages)")
    let unknown = try store.run("hdb-view", ["--nonsense", "count"])
    #expect(unknown.status == 2 && unknown.messages.contains("'--nonsense'"), "\(unknown.messages)")
  }
}
