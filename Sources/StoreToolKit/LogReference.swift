public import ArgumentParser
public import CompactEncoding
public import Corestore
public import Hypercore
import HypercoreCrypto
import ToolKit

/// A log on the command line: a key in any form, or the name it has in the store. `a/b` is the name `b` in the
/// namespace `a`.
public struct LogReference: ExpressibleByArgument, Hashable, Sendable {
  /// The text as it was given.
  public let text: String

  /// A reference; nil for an empty text.
  public init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    text = argument
  }

  /// The key, when a key was given.
  public var key: Fixed32? { try? KeyIdentifier.decode(text) }

  /// The namespace and the name, when no key was given.
  public func name(in store: Corestore) -> (store: Corestore, name: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    guard let last = parts.last else { return (store, text) }
    return (parts.dropLast().reduce(store) { $0.namespace($1) }, last)
  }

  /// The log, which must be there.
  ///
  /// - Throws: ``ToolError`` with status ``ExitStatus/negative`` when it is not.
  public func find(in store: Corestore) throws -> Hypercore {
    if let key {
      if try store.has(key: key) { return try store.get(key: key) }
      throw ToolError(
        .negative, "no log with the key \(KeyIdentifier.encode(key))", hint: "`hc-log ls` lists the logs of the store")
    }
    let (folder, name) = name(in: store)
    if try folder.has(name: name) { return try folder.get(name: name) }
    throw ToolError(.negative, "no log is called \(text)", hint: "`hc-log ls` lists the logs of the store")
  }
}
