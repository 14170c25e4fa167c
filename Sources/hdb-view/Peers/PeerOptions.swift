import ArgumentParser
import ToolKit
import TransportToolKit

/// Where blocks are fetched that are not here: `--peer`, `--timeout`, `--verbose`.
struct PeerOptions: ParsableArguments {
  @Option(
    name: .customLong("peer"),
    help: ArgumentHelp(
      "Fetch the blocks of the view that are read from this node, any number of times.",
      valueName: "key@address"))
  var peers: [ServerArgument] = []

  @Option(
    name: .customLong("timeout"),
    help: ArgumentHelp("How long to wait for a peer, or for a block (default: 30s).", valueName: "time"))
  var timeout: DurationArgument?

  @Flag(name: .shortAndLong, help: "Tell what was fetched.")
  var verbose = false

  /// How long to wait for anything, in milliseconds.
  func timeoutMilliseconds() throws -> Int64 { try Settings.timeoutMilliseconds(timeout) }
}
