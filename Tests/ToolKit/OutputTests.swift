import Glibc
import TestSupport
import Testing

@testable import ToolKit

@Suite struct OutputTests {
  @Test func foreignTextCannotSteerTheTerminal() {
    #expect(Messages.escape("plain text, ünï\tcode\n") == "plain text, ünï\tcode\n")
    #expect(Messages.escape("a\u{1b}[31mb\r\u{7f}\u{9b}\u{202e}") == "a\\u{1b}[31mb\\u{d}\\u{7f}\\u{9b}\\u{202e}")
  }

  @Test func textAndBinaryAreToldApart() {
    #expect(Terminal.isText(Array("line\ttab\r\nünï 🙂".utf8)))
    for bytes: [UInt8] in [[0], [0x1b], [0x7f], [0xff], [0xc2, 0x9b], [0xe2, 0x82]] { #expect(!Terminal.isText(bytes)) }
  }

  @Test func tablesAlignTheirColumns() throws {
    let folder = TemporaryDirectory()
    let file = try AtomicFile(folder.file("table"))
    var table = Table(("NAME", .left), ("LENGTH", .right), ("KEY", .left))
    table.add("a", "7", "x")
    table.add("longer", "12345678", "yy")
    try table.write(to: file.output)
    try file.commit()
    #expect(
      String(decoding: try readFile(folder.file("table")), as: UTF8.self)
        == "NAME      LENGTH  KEY\na              7  x\nlonger  12345678  yy\n")
  }

  @Test func filesAppearWholeOrNotAtAll() throws {
    let folder = TemporaryDirectory()
    do {
      let file = try AtomicFile(folder.file("dropped"))
      try file.output.write("half")
      try file.output.flush()
    }
    #expect(access(folder.file("dropped"), F_OK) != 0)
    let file = try AtomicFile(folder.file("whole"), mode: 0o600)
    try file.output.write("all")
    #expect(access(folder.file("whole"), F_OK) != 0)
    try file.commit()
    #expect(try readFile(folder.file("whole")) == Array("all".utf8))
    var information = stat()
    #expect(stat(folder.file("whole"), &information) == 0)
    #expect(information.st_mode & 0o777 == 0o600)
    let error = #expect(throws: ToolError.self) { _ = try AtomicFile(folder.file("whole"), replacing: false).path }
    #expect(error?.status == .refused)
  }

  @Test func progressShowsShareAndRate() {
    #expect(
      Progress.text("load", done: 50, total: 100, milliseconds: 1000)
        == "load [############------------] 50/100, 50/s, 1 s left")
    #expect(Progress.text("load", done: 7, total: nil, milliseconds: 1000) == "load 7, 7/s")
    #expect(Progress.text("load", done: 9, total: 5, milliseconds: 0).hasPrefix("load [########################] 9/5"))
  }
}
