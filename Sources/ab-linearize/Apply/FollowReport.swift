import Autobase
import HypercoreCrypto
import JSON
import ToolKit

/// Tells what becomes of a base: records on standard output with `--json`, else the keys on standard error.
final class FollowReport {
  private let followed: FollowedBase
  private let options: OutputOptions
  private let output = Output.standard()
  private var views: [StreamView] = []
  private var rights: [Bool] = []

  init(_ followed: FollowedBase, _ options: OutputOptions) {
    self.followed = followed
    self.options = options
  }

  /// Tells what has changed.
  func tell() throws {
    let base = followed.base
    let rights = [base.isWritable, base.isIndexer]
    if rights != self.rights {
      if options.json {
        var record = JSONObject([("type", "base"), ("base", .string(options.text(base.key)))])
        if let local = base.local { record["local"] = .string(options.text(local.key)) }
        record["writable"] = .bool(rights[0])
        record["indexer"] = .bool(rights[1])
        try output.line(.object(record))
      } else if self.rights.isEmpty {
        Messages.line("Autobase key: \(options.text(base.key))")
        if let local = base.local { Messages.line("Local key: \(options.text(local.key))") }
      } else {
        Messages.note(rights[0] ? "may write" + (rights[1] ? ", and votes" : "") : "may not write")
      }
      self.rights = rights
    }
    let new = try followed.views()
    if options.json { for view in new where !views.contains(view) { try output.line(view.json) } }
    views = new
    try output.flush()
  }

  /// Tells that values are appended.
  func appended(_ length: UInt64) throws {
    guard options.json, let local = followed.base.local else { return }
    try output.line([
      "type": "appended", "core": .string(options.text(local.key)), "length": .integer(Int64(clamping: length)),
    ])
  }
}
