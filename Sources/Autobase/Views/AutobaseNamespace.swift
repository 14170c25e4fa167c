public import CompactEncoding
internal import HypercoreCrypto

/// The constants that keep the uses of hashes apart: `namespace("autobase", n)` and `namespace("autobase/entropy", n)`
/// (spec 03, constants).
public enum AutobaseNamespace {
  /// Starts the namespace of a view's signers.
  public static let signer = namespace("autobase", 0)
  /// Starts a view's block key.
  public static let viewBlockKey = namespace("autobase", 1)
  /// Starts the key of the hash in an encrypted block's header.
  public static let hashKey = namespace("autobase", 2)
  /// Starts the payload of an encryption descriptor.
  public static let encryption = namespace("autobase", 3)
  /// The entropy before the first change of indexers.
  public static let genesisEntropy = namespace("autobase/entropy", 0)
  /// Starts every later entropy.
  public static let entropy = namespace("autobase/entropy", 1)
}
