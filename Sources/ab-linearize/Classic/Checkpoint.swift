import AutobaseClassic
import CompactEncoding
import Glibc
import HypercoreCrypto
import JSON
import ToolKit

/// The file in which `read` keeps how far it got: a JSON object whose member `clock` has a length for each input,
/// 0 for one of which nothing was read.
struct Checkpoint {
  private let path: String
  private var written: ReadCheckpoint?

  init(path: String) { self.path = path }

  /// What the last run wrote; nil when there was none.
  func load() throws -> ReadCheckpoint? {
    guard access(path, F_OK) == 0 else { return nil }
    var reader = try RecordReader(path: path, framing: .whole, limit: 1 << 26)
    guard let bytes = try reader.next(), let object = try? JSON(parsing: bytes), let entries = object["clock"]?.array
    else { throw damaged }
    return ReadCheckpoint(
      try entries.map { entry in
        guard let key = entry["core"]?.string.flatMap({ try? KeyIdentifier.decode($0) }),
          let length = entry["length"]?.unsigned
        else { throw damaged }
        return (key: key, length: length)
      })
  }

  /// Replaces the file, durably.
  mutating func save(_ checkpoint: ReadCheckpoint) throws {
    guard checkpoint != written else { return }
    let file = try AtomicFile(path)
    try file.output.line(["type": "checkpoint", "clock": ClockText.json(checkpoint.entries)])
    try file.commit()
    written = checkpoint
  }

  private var damaged: ToolError {
    ToolError(.usage, "\(path) is no checkpoint of `ab-linearize read`", hint: "remove it to begin anew")
  }
}
