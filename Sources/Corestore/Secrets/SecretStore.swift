public import CompactEncoding

/// Where the secrets of a store rest, apart from its data, so that a copy of the data alone gives nobody the right to
/// write.
public protocol SecretStore: AnyObject {
  /// The primary key, from which the key pairs of all named cores follow; nil when there is none yet.
  func primaryKey() throws -> Fixed32?
  /// Keeps `key` unless there is a primary key already, and returns the one in force.
  func establishPrimaryKey(_ key: Fixed32) throws -> Fixed32
  /// The 64-byte secret key that belongs to a public key.
  func secretKey(for publicKey: Fixed32) throws -> [UInt8]?
  /// Keeps a secret key.
  func setSecretKey(_ secretKey: [UInt8], for publicKey: Fixed32) throws
}

/// Secrets in memory.
public final class MemorySecrets: SecretStore {
  private var primary: Fixed32?
  private var secretKeys: [Fixed32: [UInt8]] = [:]

  /// No secrets, or only a primary key.
  public init(primaryKey: Fixed32? = nil) { primary = primaryKey }

  public func primaryKey() -> Fixed32? { primary }

  public func establishPrimaryKey(_ key: Fixed32) -> Fixed32 {
    let inForce = primary ?? key
    primary = inForce
    return inForce
  }

  public func secretKey(for publicKey: Fixed32) -> [UInt8]? { secretKeys[publicKey] }
  public func setSecretKey(_ secretKey: [UInt8], for publicKey: Fixed32) { secretKeys[publicKey] = secretKey }
}
