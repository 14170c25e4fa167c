import ArgumentParser
import CompactEncoding
import Corestore
import Hypercore
import JSON
import Registry
import StoreToolKit
import ToolKit

struct ApplyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Make the registry's view of ordered nodes.",
    discussion: "Reads the node records that `ab-linearize order` writes, and applies their operations to a log.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var options: OutputOptions
  @OptionGroup var stream: StreamOptions

  @Option(
    name: .customLong("log"), help: ArgumentHelp("The log of the view, made when it is missing.", valueName: "name"))
  var log = RegistryView.name

  @Argument(help: "The file with the records; - and none at all is standard input.", completion: .file())
  var file = "-"

  func validate() throws {
    if log.isEmpty { throw ValidationError("--log takes a name") }
  }

  func run() throws {
    var reader = try StreamReader(path: file)
    let store = try location.open(create: true)
    var builder: ViewBuilder?
    var progress = Progress("applied")
    while true {
      if let builder, !reader.isReady { try builder.pause() }
      guard let record = try reader.next() else { break }
      switch record {
      case .node(let node):
        let opened = try builder ?? open(in: store)
        builder = opened
        try opened.add(node)
        progress.advance()
      case .truncate(let truncation) where truncation.core == nil && truncation.view == nil:
        let opened = try builder ?? open(in: store)
        builder = opened
        try opened.truncate(to: truncation.length)
      case .block:
        throw ToolError(
          .usage, "the records are blocks, not ordered nodes", hint: "`ab-linearize order --stdin` orders them")
      default: break
      }
    }
    let finished = try builder ?? open(in: store)
    try finished.finish()
    try report(finished, in: store)
  }

  private func open(in store: Corestore) throws -> ViewBuilder {
    guard let reference = LogReference(argument: log) else { throw ToolError(.usage, "--log takes a name") }
    let (folder, name) = reference.name(in: store)
    let target = try reference.key == nil ? folder.get(name: name) : reference.find(in: store)
    guard target.isWritable else { throw SessionError.notWritable }
    return try ViewBuilder(target, in: store)
  }

  private func report(_ builder: ViewBuilder, in store: Corestore) throws {
    let (key, head) = try builder.head()
    let counts = builder.rule.counts
    let ignored = counts.filter { $0.key != .applied }.sorted { $0.key.rawValue < $1.key.rawValue }
    Messages.note(
      "applied \(builder.applied) of \(builder.state.nodes) nodes, \(counts[.applied] ?? 0) operations; "
        + "\(log) has \(head.length) blocks, tree hash \(head.rootHash)")
    for (outcome, count) in ignored { Messages.warning("ignored \(count) operations: \(outcome.text)") }
    guard options.json || stream.frames else { return }
    let writer = try StreamWriter(stream)
    try writer.write(
      .view(StreamView(view: log, core: key, length: head.length, signedLength: head.length, treeHash: head.rootHash)))
    try writer.end()
  }
}

extension RegistryApply.Outcome {
  fileprivate var text: String {
    switch self {
    case .applied: "applied"
    case .unknownOperation: "their number is unknown"
    case .undecodable: "they cannot be decoded"
    case .wrongKeyLength: "their key has not 32 bytes"
    case .notRemovable: "they would remove the last indexer"
    }
  }
}
