import CompactEncoding
import Hypercore
import HypercoreCrypto

/// The primary key of a store, checked against the fingerprint in its data.
final class PrimaryKeyBox {
  private static let property = "primary_key_check"
  private let key: Fixed32?
  private let path: String
  /// Key pairs of cores that were opened, by public key: reading or deriving one costs more than a commit.
  var keyPairs: [Fixed32: KeyPair] = [:]

  init(_ context: StoreContext, _ secrets: any SecretStore, given: Fixed32?, isReadOnly: Bool) throws {
    path = (secrets as? SecretDirectory)?.path ?? "memory"
    let stored = try context.read { try context.storage.property(Self.property) }
    // Whoever only reads may lack the right to the secrets, and does not need them.
    var key = isReadOnly ? try? secrets.primaryKey() : try secrets.primaryKey()
    if key == nil && !isReadOnly && (stored == nil || given.map { Self.check($0) } == stored) {
      var generator = SystemRandomNumberGenerator()
      key = try secrets.establishPrimaryKey(given ?? .random(using: &generator))
    }
    self.key = key
    guard let key else { return }
    let check = Self.check(key)
    if let given, given != key { throw StoreError.otherPrimaryKey(path: path) }
    if let stored, stored != check { throw StoreError.otherPrimaryKey(path: path) }
    if stored == nil && !isReadOnly {
      try context.write { try context.storage.setProperty(Self.property, check) }
    }
  }

  func required() throws -> Fixed32 {
    guard let key else { throw StoreError.secretsMissing(path: path) }
    return key
  }

  /// Makes a primary key the one that the store belongs to. A write transaction must be open.
  static func record(_ key: Fixed32, in context: StoreContext) throws {
    try context.storage.setProperty(property, check(key))
  }

  private static func check(_ key: Fixed32) -> [UInt8] {
    Blake2b.hash(Array("hypertools primary key".utf8), key: key.bytes).bytes
  }
}
