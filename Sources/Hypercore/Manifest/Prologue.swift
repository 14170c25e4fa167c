/// The rules of a fixed start (spec 01 §12.1, §12.4).
extension Manifest.Prologue {
  /// Refuses an append that would leave the log shorter than its fixed start, which comes as a whole from elsewhere.
  public func checkAppend(to newLength: UInt64) throws(MerkleError) {
    guard newLength >= length else { throw .appendBelowPrologue }
  }

  /// Refuses a truncation that would cut into the fixed start.
  public func checkTruncation(to newLength: UInt64) throws(MerkleError) {
    guard newLength >= length else { throw .prologueTruncated }
  }

  /// The tree at the fixed start's end, from another log that starts alike. Its head needs no signature.
  ///
  /// - Throws: ``MerkleError/missingNode(_:)``, ``MerkleError/prologueMismatch``, or an error of the storage.
  public func tree(from nodes: some NodeReader) throws -> MerkleTree {
    let tree = try MerkleTree(length: length, fork: 0, from: nodes)
    guard tree.hash == hash else { throw MerkleError.prologueMismatch }
    return tree
  }
}
