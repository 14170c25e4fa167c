public import CompactEncoding
internal import HypercoreCrypto

/// The constants that keep the uses of hashes and signatures apart: `namespace("hypercore", n)` (spec 01 §3).
public enum CoreNamespace {
  /// Starts what is signed for a tree.
  public static let tree = namespace("hypercore", 0)
  /// Starts the capability that the initiator of a replication proves.
  public static let replicateInitiator = namespace("hypercore", 1)
  /// Starts the capability that the responder of a replication proves.
  public static let replicateResponder = namespace("hypercore", 2)
  /// Starts what is hashed to a core key.
  public static let manifest = namespace("hypercore", 3)
  /// The namespace of signers that do not name one.
  public static let signer = namespace("hypercore", 4)
  /// Starts what is hashed to a block key.
  public static let encryption = namespace("hypercore", 5)
}
