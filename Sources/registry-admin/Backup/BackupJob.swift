import CompactEncoding
import Corestore
import Glibc
import Hypercore
import HypercoreCrypto
import JSON
import RegistryNode
import StoreBackup
import StoreToolKit
import ToolKit

/// Writes a backup of a store.
struct BackupJob {
  var location: StoreLocation
  var options: OutputOptions
  var file: String
  var hasSecrets: Bool

  private var isStandardOutput: Bool { file == "-" }

  func perform() throws {
    if isStandardOutput, hasSecrets {
      throw ToolError(
        .refused, "secrets are not written to standard output", hint: "name a file: it is made for its owner alone")
    }
    if isStandardOutput, isatty(1) == 1 {
      throw ToolError(.usage, "a backup is not written to a terminal", hint: "name a file, or use a pipe")
    }
    let store = try Setup.open(location, isReadOnly: true)
    let directory = try location.resolve().path
    let writer = BackupWriter(
      store, directory: directory, temporaryFolder: temporaryFolder(directory), hasSecrets: hasSecrets)
    var size: UInt64 = 0
    func write(to output: Output) throws -> BackupManifest {
      try writer.write(
        created: WriterActivity.now(), software: "registry-admin \(Version.current)", labels: Self.labels
      ) { bytes in
        try output.write(bytes)
        size += UInt64(bytes.count)
      }
    }
    let manifest: BackupManifest
    if isStandardOutput {
      let output = Output.standard()
      manifest = try write(to: output)
      try output.flush()
    } else {
      let target = try AtomicFile(file, mode: hasSecrets ? 0o600 : 0o644)
      manifest = try write(to: target.output)
      try target.output.flush()
      // What is on disk is read again before the file appears.
      if let path = target.temporaryPath { try Self.verify(path, manifest) }
      try target.commit()
    }
    try report(manifest, size)
  }

  /// Where the snapshot rests: beside the file, or where temporary files are.
  private func temporaryFolder(_ directory: String) -> String {
    if !isStandardOutput {
      let end = file.lastIndex(of: "/")
      return end.map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? "."
    }
    if let folder = getenv("TMPDIR"), folder.pointee != 0 { return String(cString: folder) }
    return access(directory, W_OK) == 0 ? directory : "/tmp"
  }

  private static func labels(_ store: Corestore) throws -> BackupWriter.Labels {
    let logs = store.namespace(RegistryNode.namespace)
    guard let base = try RegistryNode.baseKey(in: store) else { return BackupWriter.Labels() }
    return BackupWriter.Labels(base: base, local: try logs.get(name: "local", isReadOnly: true).key)
  }

  private static func verify(_ path: String, _ manifest: BackupManifest) throws {
    let source = try ArchiveSource(path)
    let reader = try BackupReader { try source.read(into: $0) }
    guard reader.manifest == manifest else { throw BackupError.unsound(detail: "the manifest is not what was written") }
    try reader.read()
  }

  private func report(_ manifest: BackupManifest, _ size: UInt64) throws {
    if options.json, !isStandardOutput {
      let output = Output.standard()
      try output.line([
        "file": .string(Setup.absolute(file)), "size": .integer(Int64(size)),
        "storeSize": .integer(Int64(manifest.files[0].size)), "logs": .integer(Int64(manifest.logs.count)),
        "baseKey": manifest.base.map { .string(options.text($0)) } ?? .null,
        "localKey": manifest.local.map { .string(options.text($0)) } ?? .null,
        "localLength": manifest.localLog.map { .integer(Int64($0.length)) } ?? .null,
        "secrets": .bool(manifest.hasSecrets), "verified": true,
      ])
      return try output.flush()
    }
    let text =
      "\(manifest.logs.count) logs, \(SizeArgument.text(manifest.files[0].size)) in \(SizeArgument.text(size))"
      + (manifest.hasSecrets ? ", with secrets" : "")
    if isStandardOutput { return Messages.note("wrote \(text)") }
    let output = Output.standard()
    try output.line("\(file): \(text), verified")
    try output.flush()
  }
}
