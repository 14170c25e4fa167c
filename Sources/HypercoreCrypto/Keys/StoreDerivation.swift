public import CompactEncoding

/// How a store derives namespaces and key pairs from its primary key, so that 32 bytes are its only secret.
///
/// | what | rule |
/// |---|---|
/// | root namespace | 32 zero bytes |
/// | child namespace | `H(parent ‖ name)` |
/// | seed of a key pair | BLAKE2b keyed with the primary key over `NS ‖ namespace ‖ name`, `NS = namespace("corestore", 0)` |
///
/// Names are bytes; text counts as its UTF-8.
///
/// Source: spec 01 §6.
public enum StoreDerivation {
  /// The namespace of a store that was not derived from another.
  public static let rootNamespace = Fixed32()

  private static let constant = HypercoreCrypto.namespace("corestore", 0)

  /// The namespace of the child `name` of `parent`.
  public static func namespace(of parent: Fixed32, name: [UInt8]) -> Fixed32 {
    var hasher = Blake2b()
    hasher.update(parent)
    hasher.update(name)
    return hasher.finalize32()
  }

  /// The seed of the key pair `name` in `namespace`.
  public static func seed(primaryKey: Fixed32, namespace: Fixed32, name: [UInt8]) -> Fixed32 {
    var hasher = Blake2b(key: primaryKey.bytes)
    hasher.update(constant)
    hasher.update(namespace)
    hasher.update(name)
    return hasher.finalize32()
  }

  /// The Ed25519 key pair `name` in `namespace`.
  public static func keyPair(primaryKey: Fixed32, namespace: Fixed32, name: [UInt8]) -> KeyPair {
    KeyPair(seed: seed(primaryKey: primaryKey, namespace: namespace, name: name))
  }
}
