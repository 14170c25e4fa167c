import ArgumentParser
import Replication
import ToolKit

/// What to download, on the command line: `all`, `head`, or ranges separated by commas.
struct DownloadArgument: ExpressibleByArgument, Hashable {
  let policy: DownloadPolicy
  private let text: String

  /// No log is longer.
  private static let end: UInt64 = 1 << 53

  static let all = DownloadArgument(policy: .everything, text: "all")

  private init(policy: DownloadPolicy, text: String) {
    self.policy = policy
    self.text = text
  }

  init?(argument: String) {
    switch argument {
    case "all": self.init(policy: .everything, text: argument)
    case "head": self.init(policy: .head, text: argument)
    default:
      var ranges: [Range<UInt64>] = []
      for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
        // The end of a log is not known before it is here, so that nothing can be counted from it.
        guard !part.contains("-"), let range = BlockRange(argument: String(part))?.resolve(length: Self.end) else {
          return nil
        }
        ranges.append(range)
      }
      self.init(policy: .ranges(ranges), text: argument)
    }
  }

  var defaultValueDescription: String { text }
}
