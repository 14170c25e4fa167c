import ArgumentParser
import Autobase
import CompactEncoding
import Corestore
import Registry
import ToolKit

/// Which base of the store is meant: `--namespace`, `--base`.
struct BaseOptions: ParsableArguments {
  @Option(
    name: .customLong("namespace"),
    help: ArgumentHelp("The namespace of the store that holds the base; \"\" is the root.", valueName: "name"))
  var namespace = "registry"

  @Option(
    name: .customLong("base"),
    help: ArgumentHelp("The key of the base, when the store does not know it.", valueName: "key"))
  var base: KeyArgument?

  /// The part of the store in which the logs of the base have their names.
  func folder(of store: Corestore) throws -> Corestore { namespace.isEmpty ? store : store.namespace(namespace) }

  /// The base, for reading only.
  func open(_ store: Corestore) throws -> Autobase {
    let folder = try folder(of: store)
    guard try base != nil || folder.has(name: "local") else {
      throw ToolError(
        .negative, "the store holds no base" + (namespace.isEmpty ? "" : " in the namespace \(namespace)"),
        hint: "`registry-admin init` founds one; another one is named with --namespace and --base")
    }
    // Views have the names that the registry gives them; those of other applications are listed by the system view.
    return try Autobase(folder, RegistryApplication(), key: base?.key)
  }
}
