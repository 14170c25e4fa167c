public import ArgumentParser

/// Where the store is and how commits reach the disk: `--store`, `--sync`.
public struct StoreLocation: ParsableArguments {
  /// How durable a commit is when it is acknowledged.
  public enum Sync: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// On disk: it survives a power failure.
    case full
    /// Handed to the system: it survives the end of the process, the last moments before a power failure may be lost.
    case normal
  }

  @Option(
    name: [.customShort("s"), .customLong("store"), .customLong("storage")],
    help: ArgumentHelp(
      "The store's folder (default: $HYPERTOOLS_STORE, else ~/.local/share/hypertools).", valueName: "dir"))
  var store: String?

  @Option(
    name: .customLong("sync"),
    help: ArgumentHelp("When a commit counts as done: full (on disk) or normal.", valueName: "how"))
  var sync: Sync?

  /// Options not yet parsed.
  public init() {}

  /// Whether the command line names the store.
  public var isNamed: Bool { store != nil }

  /// The store's folder and durability, resolved from flag, environment, configuration file and default.
  public func resolve() throws(ToolError) -> (path: String, sync: Sync) {
    if let store, let sync { return (try StoreLocation.checked(store), sync) }
    let settings = try Settings()
    let path = try StoreLocation.checked(store ?? settings.value(.store) ?? StoreLocation.standardPath)
    if let sync { return (path, sync) }
    guard let text = settings.value(.sync) else { return (path, .full) }
    guard let value = Sync(rawValue: text) else {
      throw ToolError(
        .usage, "sync is full or normal, found \(text) in \(Settings.Name.sync.variable) or the configuration")
    }
    return (path, value)
  }

  private static func checked(_ path: String?) throws(ToolError) -> String {
    guard let path, !path.isEmpty else {
      throw ToolError(.usage, "no store is named", hint: "use --store DIR or set \(Settings.Name.store.variable)")
    }
    return path
  }

  private static var standardPath: String? {
    if let folder = System.environment("XDG_DATA_HOME") { return folder + "/hypertools" }
    return System.environment("HOME").map { $0 + "/.local/share/hypertools" }
  }
}
