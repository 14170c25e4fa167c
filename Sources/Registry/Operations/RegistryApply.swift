public import CompactEncoding

/// What applying an operation may do to the base.
public protocol RegistryHost {
  /// Makes a key a writer and an indexer.
  func addIndexer(_ key: Fixed32) throws
  /// Ends the membership of a writer, which ``isRemovable(_:)`` allows.
  func removeWriter(_ key: Fixed32) throws
  /// Whether a writer may be removed: it is not the only indexer.
  func isRemovable(_ key: Fixed32) -> Bool
}

/// The rule that turns ordered operations into the registry's view. See the module's head comment.
public struct RegistryApply: Sendable {
  /// What an operation did.
  public enum Outcome: String, Sendable, Hashable, CaseIterable {
    /// It was carried out.
    case applied
    /// Its id is not one of the registry's.
    case unknownOperation
    /// The bytes are no operation.
    case undecodable
    /// It names a key that has not 32 bytes.
    case wrongKeyLength
    /// It would remove the last indexer.
    case notRemovable
  }

  /// How often each outcome came up.
  public private(set) var counts: [Outcome: UInt64] = [:]

  /// A rule that has not been applied yet.
  public init() {}

  /// Applies one operation.
  ///
  /// Deterministic: depends on nothing but the arguments.
  ///
  /// - Throws: only what the view and the host throw, when the store below them fails.
  @discardableResult
  public mutating func apply(
    _ message: [UInt8], to view: RegistryView, host: some RegistryHost
  ) throws -> Outcome {
    let outcome = try Self.outcome(message, view, host)
    counts[outcome, default: 0] += 1
    return outcome
  }

  private static func outcome(
    _ message: [UInt8], _ view: RegistryView, _ host: some RegistryHost
  ) throws -> Outcome {
    let operation: RegistryOperation
    do {
      operation = try RegistryOperation(decoding: message)
    } catch {
      if case .unknown = error { return .unknownOperation }
      return .undecodable
    }
    switch operation {
    case .putEntry(let entry): try view.put(entry)
    case .deleteEntry(let name): try view.delete(name.name)
    case .addWriter(let writer):
      guard let key = writer.key else { return .wrongKeyLength }
      try host.addIndexer(key)
    case .removeWriter(let writer):
      guard let key = writer.key else { return .wrongKeyLength }
      guard host.isRemovable(key) else { return .notRemovable }
      try host.removeWriter(key)
    }
    return .applied
  }
}
