import Autobase
import CompactEncoding
import Corestore
import Hypercore
import HypercoreCrypto
import JSON
import RegistryNode
import StoreBackup
import StoreToolKit
import ToolKit

/// Makes a store of a backup.
struct RestoreJob {
  enum Mode {
    /// A new node that only reads.
    case reader
    /// A new node that is to take the place of the old one.
    case writer
    /// The old node.
    case resurrect(beyond: UInt64?, isForced: Bool)
  }

  var location: StoreLocation
  var options: OutputOptions
  var file: String
  var mode: Mode
  var isDryRun: Bool

  func perform() throws {
    let path = try location.resolve().path
    let source = try ArchiveSource(file)
    let reader = try BackupReader { try source.read(into: $0) }
    try check(reader.manifest)
    if isDryRun {
      try reader.read()
      return try report(reader.manifest, path, keys: nil)
    }
    let restoration = try Restoration(reader, to: path)
    let keys: Keys?
    switch mode {
    case .reader, .writer:
      keys = try restoration.asNewNode { store in
        guard try RegistryNode.baseKey(in: store) != nil else { return nil }
        _ = try Autobase.renewLocalWriter(in: store.namespace(RegistryNode.namespace))
        return try Keys(RegistryNode(store))
      }
    case .resurrect:
      keys = try restoration.asItWas { store in
        guard try RegistryNode.baseKey(in: store) != nil else { return nil }
        let node = try RegistryNode(store)
        // Whatever was said: where there are others, they are asked before the node writes.
        let others = try node.base.members().contains { $0.key != node.localKey && !$0.member.isRemoved }
        if others { try node.base.beginRecovery() }
        return try Keys(node)
      }
    }
    try report(reader.manifest, path, keys: keys)
  }

  // MARK: Refusing

  private func check(_ manifest: BackupManifest) throws {
    switch mode {
    case .reader: return
    case .writer:
      if manifest.base == nil {
        throw ToolError(.refused, "the backup holds no registry, so that there is no writer to replace")
      }
    case .resurrect(let beyond, let isForced): try checkResurrection(manifest, beyond, isForced)
    }
  }

  private func checkResurrection(_ manifest: BackupManifest, _ beyond: UInt64?, _ isForced: Bool) throws {
    guard let log = manifest.localLog else {
      throw ToolError(.refused, "the backup holds no registry, so that there is no writer to bring back")
    }
    guard manifest.hasSecrets else {
      throw ToolError(
        .refused, "the backup holds no secrets: the writer \(options.text(log.key)) cannot be brought back",
        hint: "restore it as a new node: --as-writer")
    }
    let length = "its log has \(log.length) blocks in the backup"
    let advice = [
      "if anybody has seen more of it, its next block would fork the log, which ends it for good",
      "`registry-admin status --json` on each of the other nodes tells storedLength of \(options.text(log.key))",
      "safer: restore it as a new node, --as-writer, and rotate it in",
    ]
    guard let beyond else {
      throw ToolError(
        .refused,
        "a writer is not brought back without --beyond, the longest length that any peer has of it; \(length)",
        hints: advice)
    }
    guard beyond <= log.length else {
      throw ToolError(.refused, "a peer has \(beyond) blocks of the writer, \(length)", hints: advice)
    }
    guard isForced else {
      throw ToolError(
        .refused, "a writer is brought back only with --force; \(length)",
        hints: ["all peers must have been asked, and the old node must never run again"] + advice)
    }
  }

  // MARK: Telling

  private func report(_ manifest: BackupManifest, _ path: String, keys: Keys?) throws {
    let output = Output.standard()
    let old = manifest.local
    let new = keys?.local
    if options.json {
      var object = keys?.object(options) ?? JSONObject()
      object["storage"] = .string(Setup.absolute(path))
      object["restored"] = .bool(!isDryRun)
      object["oldLocalKey"] = old.map { .string(options.text($0)) } ?? .null
      object["logs"] = .integer(Int64(manifest.logs.count))
      object["created"] = .integer(Int64(manifest.created))
      try output.line(.object(object))
      return try output.flush()
    }
    let age = WriterActivity.Writer.text(lastSeen: manifest.created)
    try output.line("\(manifest.logs.count) logs, \(SizeArgument.text(manifest.files[0].size)), backed up \(age)")
    if isDryRun {
      try output.line("the archive is sound")
      return try output.flush()
    }
    try output.line("Using storage: \(Setup.absolute(path))")
    try keys?.write(to: output, options)
    try output.flush()
    guard let old, let new else { return }
    switch mode {
    case .reader:
      Messages.hint("this is a new node that only reads; \(options.text(old)) was the old one")
    case .writer:
      Messages.hint("on a node that is an indexer: `registry-admin rotate \(options.text(old)) \(options.text(new))`")
    case .resurrect: Messages.hint("the old node must never run again, nor this backup be restored once more")
    }
  }
}
