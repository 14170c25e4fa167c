import AutobaseClassic
import Hypercore

/// What a log is of an Autobase, as far as its first block tells.
struct LogKind: CustomStringConvertible {
  private let layout: NodeFormat
  private let role: NodeProtocol

  /// Nil for a log of another kind, and while the first block is not here.
  init?(of log: Hypercore) {
    guard log.length > 0, let block = try? log.get(0), let found = NodeFormat.detect(firstBlock: block) else {
      return nil
    }
    (layout, role) = found
  }

  /// For programs: `autobase-oplog`, `autobase-input` or `autobase-output`.
  var name: String {
    switch (layout, role) {
    case (.v7, _): "autobase-oplog"
    case (_, .input): "autobase-input"
    case (_, .output): "autobase-output"
    }
  }

  /// How its nodes are laid out: `alpha8`, `alpha9` or `v7`.
  var format: String { layout.rawValue }

  var description: String {
    switch layout {
    case .v7: "Autobase oplog"
    case .alpha8, .alpha9: "classic Autobase \(role == .input ? "input" : "output") (\(format))"
    }
  }
}
