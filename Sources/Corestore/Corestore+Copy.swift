import CompactEncoding
public import Hypercore
import HypercoreCrypto

extension Corestore {
  /// Writes the store as it is now into a new database file: one read snapshot, taken while others write, without free
  /// pages and without secrets. The file is not synced.
  ///
  /// - Throws: ``StoreError``, also for a store in memory.
  public func writeSnapshot(to path: String) throws {
    guard let storage = context.storage as? SQLiteStorage else {
      throw StoreError.system(path: "memory", operation: "copy", detail: "a store in memory has no file")
    }
    let quoted = path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    // What is written is the other file; SQLite counts that as well.
    if isReadOnly { try storage.database.execute("PRAGMA query_only = 0") }
    defer { if isReadOnly { try? storage.database.execute("PRAGMA query_only = 1") } }
    try storage.database.execute("VACUUM INTO '\(quoted)'")
  }

  /// Gives a store whose secrets are not there a new primary key. What the old one wrote can be read and not be written
  /// any more, and the old secrets do not fit the store from then on.
  ///
  /// - Throws: ``StoreError/otherPrimaryKey(path:)`` when there are secrets.
  public static func renewPrimaryKey(directory: String) throws {
    let secrets = SecretDirectory(storeDirectory: directory)
    guard try secrets.primaryKey() == nil else { throw StoreError.otherPrimaryKey(path: secrets.path) }
    let context = StoreContext(try SQLiteStorage(directory: directory, options: StoreOptions(create: false)))
    var generator = SystemRandomNumberGenerator()
    let key = try secrets.establishPrimaryKey(.random(using: &generator))
    try context.write { try PrimaryKeyBox.record(key, in: context) }
  }

  /// Lets a name of this namespace stand for the log of the key pair that the name has now, instead of another one that
  /// it stood for, as after a change of the primary key. That one stays stored.
  public func renew(name: String) throws -> Hypercore {
    let alias = Alias(namespace: namespace, name: Array(name.utf8))
    let pair = try keyPair(of: alias)
    return try context.write { try open(store(manifest: manifest(of: pair), keyPair: pair, alias: alias)) }
  }
}
