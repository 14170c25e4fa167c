import Testing

@testable import ToolKit

@Suite struct OptionsTests {
  @Test(arguments: [
    ("0", 0), ("5", 5000), ("250ms", 250), ("1.5m", 90_000), ("2min", 120_000), ("2h", 7_200_000), ("1d", 86_400_000),
    ("10s", 10_000), ("0.25", 250),
  ])
  func durations(text: String, milliseconds: Int64) {
    #expect(DurationArgument(argument: text)?.milliseconds == milliseconds)
  }

  @Test(arguments: ["", "s", "-1", "1 s", "1w", "1e5", "nan", "inf", "99999999999999d", "0x10", "1..2"])
  func noDurations(text: String) { #expect(DurationArgument(argument: text) == nil) }

  @Test(arguments: [
    ("0", 0), ("4096", 4096), ("64K", 65536), ("64KiB", 65536), ("15M", 15 << 20), ("2G", 2 << 30), ("1T", 1 << 40),
    ("3kB", 3000), ("3MB", 3_000_000), ("7B", 7),
  ])
  func sizes(text: String, bytes: Int) { #expect(SizeArgument(argument: text)?.bytes == bytes) }

  @Test(arguments: ["", "K", "-1", "1.5M", "1X", "99999999999999999999", "9999999999T"])
  func noSizes(text: String) { #expect(SizeArgument(argument: text) == nil) }

  @Test(arguments: [
    (UInt64(0), "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (10_240, "10 KiB"),
    (1 << 30, "1.0 GiB"),
  ])
  func sizesForPeople(bytes: UInt64, text: String) { #expect(SizeArgument.text(bytes) == text) }

  @Test func keysInAllForms() {
    let hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    guard let key = KeyArgument(argument: hex) else {
      Issue.record("hex is a key")
      return
    }
    let text = key.defaultValueDescription
    for form in [text, "hyper://\(text)", "pear://\(hex)/path", hex.uppercased()] {
      #expect(KeyArgument(argument: form) == key)
    }
    for form in ["", "0001", text + "y", "http://\(text)", text.uppercased()] {
      #expect(KeyArgument(argument: form) == nil)
    }
  }

  @Test func configurationFiles() throws {
    let values = try Settings.parse("# comment\n\nstore = /srv/a b\n  sync=normal  \n", path: "config")
    #expect(values == [.store: "/srv/a b", .sync: "normal"])
    for text in ["store", "colour = red", "= x"] {
      let error = #expect(throws: ToolError.self) { try Settings.parse("\n" + text, path: "config") }
      #expect(error?.status == .usage)
      #expect(error?.message.hasPrefix("config:2: ") == true)
    }
  }
}

@Suite struct BlockRangeTests {
  @Test(arguments: [
    ("..", 0..<10), ("3..7", 3..<7), ("3..", 3..<10), ("..7", 0..<7), ("-3..", 7..<10), ("..-3", 0..<7),
    ("-4..-2", 6..<8),
    ("8..99", 8..<10), ("12..", 10..<10), ("-99..2", 0..<2), ("7..3", 7..<7), ("3", 3..<4), ("-1", 9..<10),
    ("-10", 0..<1),
  ])
  func ranges(text: String, blocks: Range<UInt64>) {
    #expect(BlockRange(argument: text)?.resolve(length: 10) == blocks)
  }

  @Test(arguments: ["10", "-11", "-0"])
  func singleBlocksThatAreNotThere(text: String) throws {
    #expect(try #require(BlockRange(argument: text)).resolve(length: 10) == nil)
  }

  @Test(arguments: ["", "a", "1..b", "1...2", "-", "--1", "+1", "1..2..3", "1-2", "-+1", "99999999999999999999"])
  func noRanges(text: String) { #expect(BlockRange(argument: text) == nil) }
}
