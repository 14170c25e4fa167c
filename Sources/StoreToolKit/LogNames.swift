public import CompactEncoding
public import Corestore
import Hypercore
import ToolKit

/// The names of the logs of a store, as users write them.
public struct LogNames {
  /// Namespaces that our tools use. A store keeps hashes of namespaces only, so that others cannot be named.
  private static let namespaces = ["registry"]

  private var names: [Fixed32: String] = [:]

  /// The names in use in `store` now.
  public init(_ store: Corestore) throws {
    var prefixes = [store.namespace: ""]
    for name in LogNames.namespaces { prefixes[store.namespace(name).namespace] = name + "/" }
    for (alias, core) in try store.aliases() {
      let text = String(decoding: alias.name, as: UTF8.self)
      let prefix = prefixes[alias.namespace] ?? "(\(alias.namespace.description.prefix(8)))/"
      let name = Messages.escape(prefix + text)
      names[core.key] = names[core.key].map { min($0, name) } ?? name
    }
  }

  /// The name of the log with this key.
  public subscript(key: Fixed32) -> String? { names[key] }
}
