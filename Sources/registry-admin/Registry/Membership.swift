import Autobase
import CompactEncoding
import Corestore
import HypercoreCrypto
import JSON
import Registry
import RegistryNode
import StoreToolKit
import ToolKit

/// A change of the registry's writers: appended to this node's log as an operation, applied and committed at once.
struct Membership {
  enum Change: String {
    case add = "add-writer"
    case remove = "remove-writer"
  }

  var change: Change
  var key: Fixed32
  var isDryRun: Bool
  var location: StoreLocation
  var options: OutputOptions

  func perform() throws {
    let store = try Setup.open(location, isReadOnly: isDryRun)
    var isPending = false
    // One transaction from the checks to the commit: no other process changes the members in between.
    let outcome =
      try isDryRun
      ? store.read { try decide(RegistryNode(store)) }
      : store.write {
        let node = try RegistryNode(store)
        let isNew = try decide(node)
        isPending = node.base.info.pendingIndexers.contains(key)
        if isNew { try node.base.append(operation.encoded()) }
        return isNew
      }
    try report(isNew: outcome)
    if change == .remove, isPending {
      Messages.hint(
        "it was withdrawn before its first node; should its node write one all the same, it becomes an indexer, and is "
          + "to be removed again")
    }
  }

  private var operation: RegistryOperation {
    change == .add ? .addWriter(WriterKey(key)) : .removeWriter(WriterKey(key))
  }

  /// Whether there is something to append.
  ///
  /// - Throws: what every node would ignore, so that somebody hears of it (spec 04 §9.4).
  private func decide(_ node: RegistryNode) throws -> Bool {
    let members = try node.members()
    guard let local = node.localKey, members.contains(where: { $0.key == local && !$0.member.isRemoved }) else {
      throw AutobaseError.notWritable
    }
    switch change {
    case .add:
      if members.contains(where: { $0.key == key && !$0.member.isRemoved && $0.member.isIndexer }) { return false }
      if try [node.serverKeyPair?.publicKey, node.status().viewKey].contains(key) {
        throw ToolError(
          .refused, "\(options.text(key)) is not the key of a writer but this node's server or view key",
          hint: "the new node prints its writer as its local key")
      }
    case .remove:
      switch try node.removalRefusal(of: key) {
      case .notAWriter:
        throw ToolError(
          .refused, "\(options.text(key)) is not a writer", hint: "`registry-admin status` lists the writers")
      case .lastIndexer: throw AutobaseError.lastIndexer
      case nil: break
      }
    }
    return true
  }

  private func report(isNew: Bool) throws {
    let output = Output.standard()
    if options.json {
      try output.line([
        "key": .string(options.text(key)), "operation": .string(change.rawValue), "appended": .bool(isNew && !isDryRun),
        "dryRun": .bool(isDryRun),
      ])
    } else if !isNew {
      try output.line("\(options.text(key)) is a writer already")
    } else if isDryRun {
      try output.line("would \(change == .add ? "add" : "remove") writer \(options.text(key))")
    } else {
      try output.line(
        change == .add
          ? "Successfully added the new writer \(options.text(key)). It becomes an indexer with its first node."
          : "Successfully removed the writer \(options.text(key)).")
    }
    try output.flush()
  }
}
