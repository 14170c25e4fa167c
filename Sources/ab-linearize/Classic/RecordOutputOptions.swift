import ArgumentParser
import ToolKit

/// How nodes and views are written: `--text`, `--json`, `--frames`, `--hex`.
struct RecordOutputOptions: ParsableArguments {
  @Flag(name: .customLong("text"), help: "Write lines for people instead of records.")
  var text = false

  @Flag(name: .customLong("json"), help: "Write records of hc-stream(5), as without it.")
  var json = false

  @OptionGroup var stream: StreamOptions

  @Flag(name: .customLong("hex"), help: "With --text: write keys in hex instead of z-base-32.")
  var hex = false

  func validate() throws {
    if [text, json, stream.frames].count(where: { $0 }) > 1 {
      throw ValidationError("only one of --text, --json and --frames can be given")
    }
  }
}
