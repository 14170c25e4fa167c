import ArgumentParser
import Autobase
import CompactEncoding
import Corestore
import Hypercore
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
    return try Autobase(folder, application(folder), key: base?.key)
  }

  /// An application with the views that the base has here: those of the registry, unless the store says otherwise.
  private func application(_ folder: Corestore) throws -> any Application {
    guard try namespace != "registry" && folder.has(name: "local") else { return RegistryApplication() }
    let local = try folder.get(name: "local", isReadOnly: true)
    let key = try base?.key.bytes ?? local.userData("referrer") ?? local.key.bytes
    var names: [String] = []
    for record in try folder.cores() {
      let core = try folder.get(discoveryKey: record.discoveryKey, isReadOnly: true)
      guard try core.userData("referrer") == key, let name = try core.userData("autobase/view") else { continue }
      names.append(String(decoding: name, as: UTF8.self))
    }
    let views = Set(names.filter { !$0.hasPrefix("_") })
    // It is only looked at: nothing is applied.
    return views.isEmpty ? RegistryApplication() : ClosureApplication(views: views.sorted()) { _, _ in }
  }
}
