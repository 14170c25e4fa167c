import ArgumentParser
import HypercoreArchive
import StoreToolKit
import ToolKit

/// Where the logs that a verb works on come from: a store, archives, or a pipe.
///
/// `--input` names logs of the store, or picks some out of the archives and the pipe. Without any they are the writers
/// of the store's base, or all logs that come.
struct LogSources: ParsableArguments {
  @OptionGroup var location: StoreLocation
  @OptionGroup var base: BaseOptions

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp(
      "An input, by name or key; again for each. Without any: the writers of the base, or all logs that are piped.",
      valueName: "log"))
  var input: [LogReference] = []

  @Flag(name: .customLong("stdin"), help: "Read records of hc-stream(5) from standard input instead of a store.")
  var stdin = false

  @Option(
    name: .customLong("archive"),
    help: ArgumentHelp("Read the logs of an hc-archive(5) instead of a store; again for each.", valueName: "file"),
    completion: .file())
  var archive: [String] = []

  /// Whether logs come from a pipe or from archives, not from the store.
  var isPiped: Bool { stdin || !archive.isEmpty }

  /// Whether the writers of the store's base are meant.
  var isOfBase: Bool { !isPiped && input.isEmpty }

  /// The logs of the archives, in their order.
  func archivedLogs() throws -> [ArchivedLog] {
    try archive.flatMap { try ArchiveFile(path: $0).logs }
  }
}
