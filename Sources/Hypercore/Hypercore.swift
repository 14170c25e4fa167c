/// # Hypercore
///
/// A log of blocks that one key pair, or a quorum of several, signs, and of which anybody can check any part.
///
/// ## Tree
///
/// Every block is a leaf of a binary tree laid out in a row (``FlatTree``): block i is node 2i, inner nodes lie
/// between. A node is its index, the bytes below it, and a BLAKE2b-256 hash (``TreeNode``):
///
/// ```
/// leaf    H( 00 ‖ u64le(size) ‖ block )
/// parent  H( 01 ‖ u64le(size of both) ‖ left hash ‖ right hash )
/// tree    H( 02 ‖ for each root, left to right: hash ‖ u64le(index) ‖ u64le(size) )
/// ```
///
/// The roots of a log of n blocks are the largest full subtrees that tile them: one for each one bit of n. An append
/// creates a leaf, then a parent as often as the last two roots are siblings (``MerkleBatch``); all nodes are stored
/// and none ever changes. A truncation to n blocks takes the roots of n from storage, drops nodes from index 2n on
/// and inner nodes that reach over the cut, and raises the fork, a counter that is signed too.
///
/// ## Name and signature
///
/// A ``Manifest`` lists who may sign and how many must. Its hash, `H( MANIFEST ‖ encoded )`, is the core key;
/// `H[core key]("hypercore")` is the discovery key. A head is signed as
///
/// ```
/// TREE ‖ core key ‖ tree hash ‖ u64le(length) ‖ u64le(fork)
/// ```
///
/// with older forms for version 0 manifests and for logs whose key is a public key (``Signable``). The signature of a
/// head is a list, even for one signer (``MultiSignature``); signers may have signed a longer log, and then nodes
/// travel along that extend the head to what they saw. ``Verifier`` decides.
///
/// ## Proofs
///
/// A reader that trusts a head asks for a block, a node, a byte offset or a newer head (``ProofRequest``) and gets
/// the siblings on the way up to a node it has (``Proof``). For a newer head it gets the subtrees by which its tree
/// grows, in the order of their leaves, and the signature. ``Prover`` makes proofs; ``ProofChecker`` computes the
/// missing parents, compares with what is stored, and asks ``Verifier`` about new heads. What a proof shows is stored
/// with the block, in one write, so that the next proof can be shorter.
///
/// A reader whose log was truncated elsewhere searches the common start from the roots down (``Reorg``). Two signed
/// heads of one length and fork with different hashes are a conflict, and end the log
/// (``ProofChecker/checkConflict(_:signature:)``). ``Audit`` re-hashes what is stored.
///
/// Blocks may be encrypted before they are hashed (``BlockEncryption``).
///
/// Everything in the folders FlatTree, Tree, Manifest, Signature, Proof, Reorg, Encryption and Audit is pure: values
/// and functions over a ``NodeReader``. The folders Log, Storage and Session put a log over a storage.
///
/// Numbers from elsewhere are at most 2^53 − 1; sums that would be larger are refused.
///
/// Source: spec 01 §3, §4, §7 to §13.
