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

  @Test func linksAreFollowedAndWhatIsNoFileIsWrittenTo() throws {
    let folder = TemporaryDirectory()
    // A link to a file that is not there yet, by way of another one.
    #expect(symlink("second", folder.file("first")) == 0)
    #expect(symlink(folder.file("target"), folder.file("second")) == 0)
    for text in ["new", "replaced"] {
      let file = try AtomicFile(folder.file("first"))
      try file.output.write(text)
      try file.commit()
      #expect(try readFile(folder.file("target")) == Array(text.utf8))
    }
    var information = stat()
    #expect(lstat(folder.file("first"), &information) == 0 && information.st_mode & S_IFMT == S_IFLNK)

    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    let reading = open(folder.file("pipe"), O_RDONLY | O_NONBLOCK)
    defer { close(reading) }
    let file = try AtomicFile(folder.file("pipe"))
    #expect(file.temporaryPath == nil)
    try file.output.write("through")
    try file.commit()
    var buffer = [UInt8](repeating: 0, count: 64)
    #expect(read(reading, &buffer, buffer.count) == 7)
    #expect(buffer.starts(with: "through".utf8))
    #expect(stat(folder.file("pipe"), &information) == 0 && information.st_mode & S_IFMT == S_IFIFO)

    #expect(throws: ToolError.self) { _ = try AtomicFile(folder.file(".")).path }
    #expect(symlink("circle", folder.file("circle")) == 0)
    #expect(throws: ToolError.self) { _ = try AtomicFile(folder.file("circle")).path }
  }

  @Test func progressShowsShareAndRate() {
    #expect(
      Progress.text("load", done: 50, total: 100, milliseconds: 1000)
        == "load [############------------] 50/100, 50/s, 1 s left")
    #expect(Progress.text("load", done: 7, total: nil, milliseconds: 1000) == "load 7, 7/s")
    #expect(Progress.text("load", done: 9, total: 5, milliseconds: 0).hasPrefix("load [########################] 9/5"))
  }
}
