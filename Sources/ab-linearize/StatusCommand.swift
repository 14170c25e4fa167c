import ArgumentParser
import Autobase
import CompactEncoding
import JSON
import StoreToolKit
import ToolKit

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Tell where a base stands, and what it waits for.")

  @OptionGroup var location: StoreLocation
  @OptionGroup var base: BaseOptions
  @OptionGroup var options: OutputOptions

  @Flag(name: .customLong("check"), help: "Exit with 1 unless everything is indexed and signed.")
  var check = false

  func run() throws {
    let store = try location.open(isReadOnly: true)
    let status = try base.open(store).status()
    let output = Output.standard()
    try options.json ? output.line(json(status)) : writeText(status, to: output)
    try output.flush()
    if check, status.wait != .nothing { throw NegativeAnswer() }
  }

  // MARK: For people

  private func writeText(_ status: AutobaseStatus, to output: Output) throws {
    var summary = Table()
    summary.add("base", options.text(status.key))
    summary.add("local writer", status.localKey.map { options.text($0) } ?? "none")
    summary.add("may write", isMember(status) ? "yes" : "no")
    summary.add("indexer", status.isIndexer ? "yes" : "no")
    summary.add("majority", "\(status.majority) of \(status.indexers.count)")
    summary.add("not final yet", "\(status.tipLength) nodes")
    summary.add("waits for", "\(status.wait)")
    try summary.write(to: output)

    try output.line()
    var views = Table(("view", .left), ("length", .right), ("indexed", .right), ("signed", .right), ("key", .left))
    for view in status.views {
      views.add(view.name, "\(view.length)", "\(view.indexedLength)", "\(view.signedLength)", options.text(view.key))
    }
    try views.write(to: output)

    try output.line()
    var writers = Table(
      ("writer", .left), ("length", .right), ("ordered", .right), ("indexed", .right), ("signed", .right), ("is", .left)
    )
    for writer in status.writers {
      writers.add(
        options.text(writer.key), "\(writer.length)", "\(writer.orderedLength)", "\(writer.indexedLength)",
        writer.signedSystemLength.map { "\($0)" } ?? "-", describe(writer))
    }
    try writers.write(to: output)
    for vote in status.votes {
      try output.line("")
      try output.line("node \(vote.node.length) of \(options.text(vote.node.key))")
      try output.line("  votes    " + (vote.votes.map { options.text($0) }.joined(separator: " ")))
      if !vote.missing.isEmpty {
        try output.line("  missing  " + (vote.missing.map { options.text($0) }.joined(separator: " ")))
      }
    }
  }

  /// Whether the local writer may write. The base is open for reading only, so it would say no itself.
  private func isMember(_ status: AutobaseStatus) -> Bool {
    status.writers.contains { $0.isLocal && $0.member?.isRemoved == false }
  }

  private func describe(_ writer: AutobaseStatus.Writer) -> String {
    var words: [String] = []
    if writer.isLocal { words.append("local") }
    if writer.isActiveIndexer {
      words.append("indexer")
    } else if writer.isPendingIndexer {
      words.append("pending indexer")
    } else if let member = writer.member {
      words.append(member.isRemoved ? "removed" : "writer")
    } else {
      words.append("stranger")
    }
    if writer.isHead { words.append("head") }
    if writer.isFrozen { words.append("frozen at block \(writer.orderedLength)") }
    if let missing = writer.missing { words.append("waits for node \(missing.length) of \(options.text(missing.key))") }
    return words.joined(separator: ", ")
  }

  // MARK: For programs

  private func json(_ status: AutobaseStatus) -> JSON {
    [
      "base": key(status.key), "localKey": status.localKey.map(key) ?? .null, "writable": .bool(isMember(status)),
      "indexer": .bool(status.isIndexer), "encrypted": .bool(status.isEncrypted),
      "majority": .integer(Int64(status.majority)), "indexers": .array(status.indexers.map(key)),
      "heads": .array(status.heads.map(checkout)), "tipLength": .integer(Int64(status.tipLength)),
      "views": .array(
        status.views.map { view in
          [
            "name": .string(view.name), "key": key(view.key), "length": number(view.length),
            "indexedLength": number(view.indexedLength), "signedLength": number(view.signedLength),
          ]
        }),
      "writers": .array(status.writers.map(json)),
      "votes": .array(
        status.votes.map { vote in
          ["node": checkout(vote.node), "votes": .array(vote.votes.map(key)), "missing": .array(vote.missing.map(key))]
        }), "wait": json(status.wait),
    ]
  }

  private func json(_ writer: AutobaseStatus.Writer) -> JSON {
    [
      "key": key(writer.key), "local": .bool(writer.isLocal), "indexer": .bool(writer.isActiveIndexer),
      "pendingIndexer": .bool(writer.isPendingIndexer), "removed": .bool(writer.member?.isRemoved ?? true),
      "length": number(writer.length), "orderedLength": number(writer.orderedLength),
      "indexedLength": number(writer.indexedLength),
      "signedSystemLength": writer.signedSystemLength.map(number) ?? .null,
      "head": .bool(writer.isHead), "frozen": .bool(writer.isFrozen),
      "missing": writer.missing.map(checkout) ?? .null,
    ]
  }

  private func json(_ wait: AutobaseStatus.Wait) -> JSON {
    switch wait {
    case .nothing: ["for": "nothing"]
    case .firstNode: ["for": "first-node"]
    case .indexerNode(let keys): ["for": "indexer-node", "from": .array(keys.map(key))]
    case .votes(let keys, let needed):
      ["for": "votes", "from": .array(keys.map(key)), "needed": .integer(Int64(needed))]
    case .signatures(let keys, let needed):
      ["for": "signatures", "from": .array(keys.map(key)), "needed": .integer(Int64(needed))]
    case .indexing(let length): ["for": "indexing", "length": number(length)]
    }
  }

  private func key(_ key: Fixed32) -> JSON { .string(options.text(key)) }
  private func number(_ number: UInt64) -> JSON { .integer(Int64(clamping: number)) }
  private func checkout(_ node: Checkout) -> JSON { ["core": key(node.key), "length": number(node.length)] }
}
