import ArgumentParser
import ToolKit

struct StreamCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stream", abstract: "Check records of hc-stream(5), and write them as lines or as frames.")

  @OptionGroup var stream: StreamOptions

  @Argument(help: "Files to read; - and none at all is standard input.", completion: .file())
  var file: [String] = []

  func run() throws {
    let writer = try StreamWriter(stream)
    for path in file.isEmpty ? ["-"] : file {
      var reader = try StreamReader(path: path)
      while true {
        if !reader.isReady { try writer.flush() }
        guard let record = try reader.next() else { break }
        try writer.write(record)
      }
    }
    try writer.flush()
  }
}
