/// # Corestore
///
/// Many logs in one directory: found by name, key, discovery key, manifest or key pair, written together in one
/// transaction, used by any number of processes at once.
///
/// ```swift
/// let store = try Corestore(directory: "/srv/node")          // or Corestore.inMemory()
/// let log = try store.get(name: "local")                      // created on first use; writable
/// try log.append(block: Array("hello".utf8))                  // one durable commit
/// try store.write {                                           // several logs, one commit
///   try log.append([…])
///   try other.truncate(to: 3)
/// }
/// try store.read { for i in 0..<log.length { try log.block(at: i) } }   // one unchanging state
/// let child = store.namespace("registry")                     // names of its own, same keys and storage
/// ```
///
/// ## Names and keys
///
/// | what | rule |
/// |---|---|
/// | primary key | 32 bytes, random when the store is created |
/// | namespace | 32 zero bytes at the root; `H( ns ‖ name )` for a child |
/// | key pair of a name | Ed25519 from the seed `H[primary key]( NS ‖ ns ‖ name )`, NS = `namespace("corestore", 1)[0]` |
/// | core of a name | manifest with that one signer in the default signer namespace; its hash is the core key |
///
/// A name that is stored as an alias opens the core it points to, whatever its manifest.
///
/// ## Files of a store
///
/// | file | content |
/// |---|---|
/// | `store.db`, `-wal`, `-shm` | everything but secrets: one SQLite database in WAL mode |
/// | `secrets/seed` | the primary key, 32 raw bytes, mode 0600 |
/// | `secrets/<public key in hex>` | the 64-byte secret key of a core that has no name |
/// | `store.db-journal` | what undoes a ``Corestore/writeInBulk(_:)``, while it lasts |
/// | `notify` | eight bytes, rewritten after each commit; watched by processes that wait |
///
/// ## Schema of `store.db`
///
/// `application_id` is 0x68797053, `user_version` the schema version, 1. Integers are 64 bits, keys and hashes are
/// blobs of 32 bytes.
///
/// | table | row |
/// |---|---|
/// | `meta(key, value)` | store-wide values; `primary_key_check` = `H[primary key]("hypertools primary key")` |
/// | `cores(id, discovery_key, key, manifest, public_key, frozen, area)` | one a core; `manifest` encoded, NULL until learned; `public_key` of the key pair that writes it here; `area` of its default state |
/// | `aliases(namespace, name, core)` | names |
/// | `areas(id, core, name, dependency_area, dependency_length, fork, length, byte_length, root_hash, signature, timestamp, contiguous_length, remote_contiguous_length)` | one for each state of a core: `name` is NULL for the default state, else that of a draft; a draft shares the first `dependency_length` blocks of `dependency_area`; the rest is its head |
/// | `blocks(id, nodes, value)` | `id` = area · 2^40 + block index; `value` the block, NULL when it is not stored; `nodes` the tree nodes whose right-most leaf it is, by depth, the leaf first, 40 bytes each: size (8 bytes, little endian), hash (32 bytes); all zero or cut off when a node is not stored |
/// | `user_data(area, key, value)` | small values by text key |
/// | `local(area, key, value)` | an application's own table beside a log |
///
/// What a draft has below `dependency_length` rests in the area it depends on. Ids are never used twice. Node i is found
/// in the row of block (right-most leaf of i) / 2, at (depth of i) · 40.
///
/// ## Durability
///
/// A commit is visible to all processes at once. Whether it also survives a power failure is up to how the store is
/// opened and to the transaction: with ``StoreOptions/Durability/full`` a commit waits for the disk, unless it is a
/// relaxed one, which holds only what others can send again. ``makeDurable()`` waits for all that was committed. A power
/// failure takes back the newest commits that nobody waited for, never one from among those before them.
///
/// Invariants after any crash: the roots of every head are stored and hash to `root_hash`; the signature of a default
/// state is valid for it; no block or node lies behind the end of its log.
///
/// Source: spec 01 §6, §12, §14.

public import CompactEncoding
public import Hypercore
public import HypercoreCrypto

/// A store of logs, or a namespace of one. See the top of the module.
///
/// A store and everything made from it belongs to one thread at a time. Threads that want to work side by side open
/// the directory once each, or share a ``CommitQueue``.
public final class Corestore {
  /// Transactions, and the logs in use.
  public let context: StoreContext
  /// Keeps the primary key and secret keys.
  public let secrets: any SecretStore
  /// The namespace of names given to ``get(name:)``.
  public let namespace: Fixed32
  /// Version of the manifests of cores made here.
  public var manifestVersion: UInt64 = 1
  /// Whether sessions may write.
  public let isReadOnly: Bool
  let keys: PrimaryKeyBox

  /// A store over any storage.
  ///
  /// - Parameter primaryKey: for tests and restored stores; random or the stored one when nil.
  /// - Throws: ``StoreError/otherPrimaryKey(path:)`` when the store has another one.
  public convenience init(
    storage: any Storage, secrets: any SecretStore, primaryKey: Fixed32? = nil, isReadOnly: Bool = false
  ) throws {
    let context = StoreContext(storage)
    let keys = try PrimaryKeyBox(context, secrets, given: primaryKey, isReadOnly: isReadOnly)
    self.init(context, secrets, keys, namespace: StoreDerivation.rootNamespace, isReadOnly: isReadOnly)
  }

  /// The store in a directory, created unless the options say otherwise.
  ///
  /// - Throws: ``StoreError``.
  public convenience init(
    directory: String, options: StoreOptions = StoreOptions(), primaryKey: Fixed32? = nil
  ) throws {
    let storage = try SQLiteStorage(directory: directory, options: options)
    try self.init(
      storage: storage, secrets: SecretDirectory(storeDirectory: directory), primaryKey: primaryKey,
      isReadOnly: options.isReadOnly)
    context.clock = SystemClock.milliseconds
  }

  /// A store in memory, gone with the object.
  public static func inMemory(primaryKey: Fixed32? = nil) throws -> Corestore {
    try Corestore(storage: MemoryStorage(), secrets: MemorySecrets(), primaryKey: primaryKey)
  }

  private init(
    _ context: StoreContext, _ secrets: any SecretStore, _ keys: PrimaryKeyBox, namespace: Fixed32, isReadOnly: Bool
  ) {
    self.context = context
    self.secrets = secrets
    self.keys = keys
    self.namespace = namespace
    self.isReadOnly = isReadOnly
  }

  // MARK: Transactions

  /// Runs `body` as one transaction over any number of logs: all of its changes take effect when it returns, none
  /// when it throws. Transactions nest; the outermost one commits.
  ///
  /// - Parameter durability: whether the commit must survive a power failure, see ``StoreContext/write(durability:_:)``.
  @discardableResult
  public func write<R>(durability: CommitDurability? = nil, _ body: () throws -> R) throws -> R {
    try context.write(durability: durability, body)
  }

  /// Runs `body` as one transaction that brings very much into a store without logs: as ``write(durability:_:)``, but
  /// each page is written once instead of twice. Until it is done, whoever opens the store waits.
  ///
  /// In a store that has logs, or that somebody else has open, it is a transaction like any other, beside which others
  /// read.
  @discardableResult
  public func writeInBulk<R>(_ body: () throws -> R) throws -> R {
    guard let storage = context.storage as? SQLiteStorage, !context.isInTransaction, try storage.beginBulk() else {
      return try write(body)
    }
    defer { storage.endBulk() }
    return try write(body)
  }

  /// Runs `body` with every read in it seeing the same state of the whole store. Many reads in one are faster than
  /// each for itself.
  @discardableResult
  public func read<R>(_ body: () throws -> R) throws -> R { try context.read(body) }

  /// Whether everything that is committed, by this process or by another one, is known to survive a power failure.
  public var isDurable: Bool { context.isDurable }

  /// Waits until everything that is committed survives a power failure. To be called before a block of a log that is
  /// signed here leaves the machine; costs nothing when nothing was committed since the last time.
  public func makeDurable() throws { try context.makeDurable() }

  // MARK: Names and key pairs

  /// The store for a namespace below this one.
  public func namespace(_ name: String) -> Corestore { namespace(Array(name.utf8)) }

  /// The store for a namespace below this one.
  public func namespace(_ name: [UInt8]) -> Corestore {
    let child = StoreDerivation.namespace(of: namespace, name: name)
    let store = Corestore(context, secrets, keys, namespace: child, isReadOnly: isReadOnly)
    store.manifestVersion = manifestVersion
    return store
  }

  /// The key pair of a name in this namespace: the same for every call.
  ///
  /// - Throws: ``StoreError/secretsMissing(path:)``.
  public func keyPair(named name: String) throws -> KeyPair {
    try keyPair(of: Alias(namespace: namespace, name: Array(name.utf8)))
  }

  func keyPair(of alias: Alias) throws -> KeyPair {
    StoreDerivation.keyPair(primaryKey: try keys.required(), namespace: alias.namespace, name: alias.name)
  }

  /// The primary key.
  ///
  /// - Throws: ``StoreError/secretsMissing(path:)``.
  public func primaryKey() throws -> Fixed32 { try keys.required() }
}
