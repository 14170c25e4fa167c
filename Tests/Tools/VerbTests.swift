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

  @Test func aVerbBehindOptionsIsShownItsPlace() throws {
    let key = String(repeating: "y", count: 52)
    let result = try Store().run("hdb-view", ["--peer", "\(key)@127.0.0.1:9", "--view", key, "get", "e1"])
    #expect(result.status == 2)
    #expect(
      result.messages.contains("hdb-view: hint: the command comes first: `hdb-view get --peer ...`"),
      "\(result.messages)")
  }
}
