public import Autobase
public import CompactEncoding

extension ApplyHost: RegistryHost {
  /// Makes a key a writer and an indexer.
  public func addIndexer(_ key: Fixed32) throws { try addWriter(key, isIndexer: true) }
}

/// The registry's rule as the application of a base: one view, the registry's database.
public final class RegistryApplication: Application {
  /// The registry's database alone.
  public let viewNames = [RegistryView.name]
  /// What the operations did so far, reapplied ones counted again.
  public private(set) var rule = RegistryApply()
  private var view: (log: View, database: RegistryView)?

  /// An application that has not been applied yet.
  public init() {}

  /// The registry's database in a base. It keeps its caches, and follows every update.
  public func database(_ base: Autobase) throws -> RegistryView { database(over: try base.view(RegistryView.name)) }

  /// Applies the operations of one batch.
  public func apply(_ nodes: [AppliedNode], _ host: ApplyHost) throws {
    let database = database(over: try host.view(RegistryView.name))
    for node in nodes { try rule.apply(node.value, to: database, host: host) }
  }

  private func database(over log: View) -> RegistryView {
    if let view, view.log === log { return view.database }
    let database = RegistryView(log)
    view = (log, database)
    return database
  }
}
