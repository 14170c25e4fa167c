import Autobase
import CompactEncoding
import Corestore
import Glibc
import JSON
import RegistryNode
import RegistryToolKit
import StoreToolKit
import ToolKit

/// Makes the store and the registry when they are not there, and tells what is.
struct Setup {
  var location: StoreLocation
  var options: OutputOptions
  var bootstrap: Fixed32?

  /// Nothing is kept open behind it: `run` goes on as another program.
  func perform() throws {
    let node = try RegistryNode(location.open(create: true), bootstrap: bootstrap)
    let keys = try Keys(node)
    let path = try Self.absolute(location.resolve().path)
    let output = Output.standard()
    if options.json {
      var object = keys.object(options)
      object["storage"] = .string(path)
      object["isIndexer"] = .bool(node.base.isIndexer)
      try output.line(.object(object))
      return try output.flush()
    }
    if let bootstrap { try output.line("using bootstrap \(options.text(bootstrap))") }
    try output.line("Using storage: \(path)")
    try output.line(
      node.base.isIndexer
        ? "I am an indexer in the autobase."
        : "I am not yet an indexer in the autobase. Add my local key as a writer.")
    try keys.write(to: output, options)
    try output.flush()
    if !node.base.isIndexer, let local = keys.local {
      Messages.hint("on a node that is an indexer: `registry-admin add-writer \(options.text(local))`")
    }
  }

  /// Opens the store of a node that was set up.
  static func open(_ location: StoreLocation, isReadOnly: Bool) throws -> Corestore {
    do {
      return try location.open(isReadOnly: isReadOnly)
    } catch StoreError.missing(let path) {
      throw ToolError(
        .localIO, "no store at \(path)",
        hint: "`registry-admin init` makes one; another one is named with --store or HYPERTOOLS_STORE")
    }
  }

  /// The path from the root, without links; the path as it is when the system cannot tell.
  static func absolute(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return path }
    defer { free(found) }
    return String(cString: found)
  }
}
