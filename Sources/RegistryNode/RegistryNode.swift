public import Autobase
public import CompactEncoding
public import Corestore
import Hypercore
public import HypercoreCrypto
public import Registry

/// # Registry node
///
/// One node of a registry over a store: the base with the registry's rule, its database, and the service that answers
/// calls.
///
/// | what | where in the store |
/// |---|---|
/// | the base | namespace `registry`; the local writer's log is the one named `local` there |
/// | the database | the base's view ``RegistryView/name`` |
/// | the key pair of the RPC server | key pair `public-key` of the root, so that the address survives a restart |
/// | `node.lock` | locked by the process that is the node; holds its process id |
///
/// A new registry begins with a node without value: the first node of a base gives its view a key of its own, and so
/// that key is settled before anybody looks at it.
///
/// A batch of calls is one transaction: the values of all writes are appended as one atomic batch, ordered and applied
/// to the view, and committed; then the reads of the batch are answered, and only then anybody hears of anything. So
/// what was acknowledged is on disk, and whoever reads after an acknowledgement sees what he wrote.
///
/// Source: spec 04 §8.5, §9.4.
public final class RegistryNode {
  /// The store.
  public let store: Corestore
  /// The base.
  public let base: Autobase
  /// The database: what is signed, and the local tip.
  public let view: RegistryView
  /// The rule, with its counts of ignored operations.
  public let application: RegistryApplication
  /// The key pair by which callers know the node.
  public let serverKeyPair: KeyPair?

  /// Opens the node of a store, and founds its registry when the store holds none.
  ///
  /// - Parameters:
  ///   - store: the root of the store.
  ///   - bootstrap: the key of the registry; nil for the one that the store remembers, or a new one.
  /// - Throws: ``StoreError``, ``AutobaseError``, ``RegistryNodeError``.
  public init(_ store: Corestore, bootstrap: Fixed32? = nil) throws {
    self.store = store
    application = RegistryApplication()
    let logs = store.namespace(Self.namespace)
    if let bootstrap, let known = try Self.baseKey(in: store), known != bootstrap {
      throw RegistryNodeError.otherRegistry(expected: bootstrap, found: known)
    }
    if store.isReadOnly, try Self.baseKey(in: store) == nil { throw RegistryNodeError.notInitialized }
    let application = application
    func open() throws -> Autobase {
      let base = try Autobase(logs, application, key: bootstrap)
      if !store.isReadOnly, base.info.members == 0, base.isWritable { try base.appendAck() }
      return base
    }
    // One transaction: of several processes that find an empty store, one founds the registry.
    base = try store.isReadOnly ? open() : store.write(open)
    if !store.isReadOnly {
      do { try base.advance() } catch AutobaseError.manifestUnknown, LogError.blockNotAvailable {
        // Peers have it: a node that did not start would never get it.
      }
    }
    view = try application.database(base)
    do { serverKeyPair = try store.keyPair(named: "public-key") } catch StoreError.secretsMissing where store.isReadOnly
    {
      serverKeyPair = nil
    }
  }

  /// The namespace of the store that holds the base.
  public static let namespace = "registry"

  /// The key of the registry that a store holds; nil when it holds none.
  public static func baseKey(in store: Corestore) throws -> Fixed32? {
    let logs = store.namespace(namespace)
    guard try logs.has(name: "local") else { return nil }
    return try logs.get(name: "local", isReadOnly: true).userData("referrer").flatMap { Fixed32($0) }
  }

  /// The key of the node's own log; nil in a node that only reads.
  public var localKey: Fixed32? { base.local?.key }

  /// Why a writer cannot be removed. `apply` ignores such operations; whoever asks should hear of it before.
  public enum RemovalRefusal: Sendable {
    /// The key is no writer's, or no longer.
    case notAWriter
    /// Nobody would be left to decide.
    case lastIndexer
  }

  /// What stands against the removal of a writer; nil when nothing does (spec 04 §9.4).
  ///
  /// - Parameter leaving: writers whose removal is decided and not applied yet.
  public func removalRefusal(of key: Fixed32, leaving: Set<Fixed32> = []) throws -> RemovalRefusal? {
    let indexers = base.info.indexers.map(\.key).filter { !leaving.contains($0) }
    // Who was removed before its first node becomes an indexer all the same when that node is linked.
    let isWriter = try indexers.contains(key) || members().contains { $0.key == key && !$0.member.isRemoved }
    guard isWriter, !leaving.contains(key) else { return .notAWriter }
    return indexers == [key] ? .lastIndexer : nil
  }

  /// All writers ever recorded, in the order of their keys.
  ///
  /// - Throws: ``RegistryNodeError/membersUnknown(block:length:)`` when they cannot be told yet, after the node went on
  ///   from a state of others.
  public func members() throws -> [(key: Fixed32, member: Member)] {
    do { return try base.members() } catch LogError.blockNotAvailable(let index, let length) {
      throw RegistryNodeError.membersUnknown(block: index, length: length)
    }
  }

  /// What the node says of itself. The writers are nil as long as they cannot be told; see ``members()``.
  public func status(peers: UInt64 = 0, software: String? = nil) throws -> Status {
    let database = try base.view(RegistryView.name)
    let indexers = Set(base.info.indexers.map(\.key))
    func writers() throws -> [WriterInfo]? {
      do {
        return try members().map { key, member in
          WriterInfo(
            key: key, length: member.length, isIndexer: indexers.contains(key), isRemoved: member.isRemoved)
        }
      } catch RegistryNodeError.membersUnknown {
        return nil
      }
    }
    return Status(
      baseKey: base.key, localKey: localKey ?? Fixed32(), viewKey: database.key, viewLength: database.length,
      signedLength: database.signedLength, writable: base.isWritable, isIndexer: base.isIndexer,
      writers: try writers(), peers: peers, software: software)
  }
}
