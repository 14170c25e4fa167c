internal import CompactEncoding

/// Signed heads that are shorter than a log's own one, and under which blocks were proven.
///
/// A reader may know a head whose blocks nobody has any more, while somebody has an older head with its blocks. These
/// blocks cannot be proven under the newer head, since the tree nodes between the two are nowhere; but their writer
/// signed the older head as well. So they are taken under that signature, which is kept: it proves the blocks to
/// others, and to whoever looks at the log later. The head of the log stays what it is.
///
/// The nodes of the shorter tree tile the log up to its length without hanging on a longer head, until the nodes between
/// come along. When one of them differs from a node that either signature covers, the writer has signed two
/// histories.
///
/// They lie in the user data of the log's area: `uint 0 ‖ uint fork ‖ uint count ‖ count × (uint length ‖ optional
/// buffer signature)`, the shortest first.
struct EarlierHeads: Hashable, Sendable {
  struct Head: Hashable, Sendable {
    /// Number of blocks.
    var length: UInt64
    /// What makes it a head.
    var signature: [UInt8]?
  }

  /// The key in the user data.
  static let userDataKey = "hypertools/earlier-heads"
  /// Most heads that are kept. Above, the shortest ones go: others can no longer be shown their blocks, until the nodes
  /// between come along.
  static let limit = 32

  /// Fork of the log when they were stored; they mean nothing for another one.
  var fork: UInt64
  var heads: [Head] = []

  /// Adds a head.
  mutating func insert(_ head: Head) {
    heads.removeAll { $0.length == head.length }
    heads.insert(head, at: heads.firstIndex { $0.length > head.length } ?? heads.endIndex)
    if heads.count > Self.limit { heads.removeFirst() }
  }
}

extension EarlierHeads.Head: CompactEncodable, CompactDecodable {
  func measure(_ size: inout Size) {
    size.uint(length)
    size.optionalBuffer(signature)
  }

  func encode(into writer: inout Writer) {
    writer.uint(length)
    writer.optionalBuffer(signature)
  }

  init(from reader: inout Reader) throws(DecodingError) {
    length = try reader.uint()
    signature = try reader.optionalBuffer()
  }
}

extension EarlierHeads: CompactEncodable, CompactDecodable {
  func measure(_ size: inout Size) {
    size.uint(0)
    size.uint(fork)
    size.array(heads)
  }

  func encode(into writer: inout Writer) {
    writer.uint(0)
    writer.uint(fork)
    writer.array(heads)
  }

  init(from reader: inout Reader) throws(DecodingError) {
    guard try reader.uint() == 0 else { throw .invalid("Earlier heads in an unknown version") }
    fork = try reader.uint()
    heads = try reader.array(minimumSize: 2)
  }
}

extension LogState {
  /// The shorter heads under which blocks were proven, for the present fork.
  func earlierHeads() throws -> EarlierHeads {
    guard let bytes = try storage.userData(EarlierHeads.userDataKey, in: id),
      var known = try? EarlierHeads(decoding: bytes), known.fork == fork
    else { return EarlierHeads(fork: fork) }
    known.heads.removeAll { $0.length >= length }
    return known
  }

  /// Stores one more shorter head, and forgets those that the next longer one reaches by now.
  func insertEarlier(_ head: EarlierHeads.Head) throws {
    var known = try earlierHeads()
    known.insert(head)
    var next = length
    for head in known.heads.reversed() {
      if try hasNodes(from: head.length, to: next) {
        known.heads.removeAll { $0.length == head.length }
      } else {
        next = head.length
      }
    }
    try storage.setUserData(
      EarlierHeads.userDataKey, known.heads.isEmpty ? nil : known.encoded(), in: id)
  }

  /// Whether the step from one length to another can be proven.
  func hasNodes(from start: UInt64, to end: UInt64) throws -> Bool {
    for index in FlatTree.Roots(from: start, to: end) where try node(at: index) == nil { return false }
    return true
  }
}

// MARK: Checking

/// What a proof of a head that may be shorter than the own one says.
enum EarlierVerdict {
  /// It is of another fork, or leads to a longer head.
  case stale
  /// It holds, and agrees with everything that is stored.
  case proven(MerkleBatch)
  /// Its head is signed, and a node of it differs from a stored one.
  case conflict(MerkleBatch, node: UInt64)
}

extension ProofChecker {
  /// Checks a proof of a head, from a length whose roots are stored, without regard to the own head's length.
  ///
  /// - Throws: ``MerkleError`` when it does not hold, or an error of the storage.
  func checkEarlier(_ proof: Proof) throws -> EarlierVerdict {
    guard proof.fork == tree.fork else { return .stale }
    guard manifest != nil else { throw MerkleError.invalidManifest }
    guard let upgrade = proof.upgrade, upgrade.start <= tree.length, upgrade.length > 0 else {
      throw MerkleError.invalidUpgrade
    }
    var batch = MerkleBatch(try MerkleTree(length: upgrade.start, fork: tree.fork, from: nodes))
    let root = try batch.applyTree(proof)
    guard try batch.applyUpgrade(upgrade, fork: proof.fork, extra: root, prologue: manifest?.prologue) else {
      throw MerkleError.invalidBlockRequest
    }
    _ = try verify(batch.tree, signature: batch.signature, manifest: nil)
    guard batch.tree.length <= tree.length else { return .stale }
    for node in batch.nodes {
      guard let known = try nodes.node(at: node.index), known != node else { continue }
      // A hash covers the sizes below it as a sum: only different hashes are two histories.
      if known.hash == node.hash { throw MerkleError.checksumMismatch(index: node.index) }
      return .conflict(batch, node: node.index)
    }
    return .proven(batch)
  }
}
