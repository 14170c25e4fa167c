internal import CompactEncoding

/// One signer's contribution to a multi-signature: his signature over a log that is at least as long as the one that
/// is to be committed.
public struct PartialSignature: Hashable, Sendable {
  /// Position in the manifest's list of signers.
  public var signer: UInt64
  /// 64 bytes, Ed25519.
  public var signature: [UInt8]
  /// How many blocks further than the committed length he signed.
  public var patch: UInt64
  /// The subtrees that extend the committed log to what he signed, left to right; empty without a patch.
  public var nodes: [TreeNode]

  /// A contribution.
  public init(signer: UInt64, signature: [UInt8], patch: UInt64 = 0, nodes: [TreeNode] = []) {
    self.signer = signer
    self.signature = signature
    self.patch = patch
    self.nodes = nodes
  }

  /// The contribution of a log that its owner signed at `to` blocks, for a commit of `from` blocks; nil when the log
  /// is shorter than that.
  ///
  /// - Parameters:
  ///   - signer: position in the manifest of the log that is committed.
  ///   - signature: 64 bytes, or the encoded multi-signature whose first part is taken.
  ///   - nodes: the tree of the signer's log.
  /// - Throws: `DecodingError` when the signature is malformed, ``MerkleError/missingNode(_:)``, or an error of the
  ///   storage.
  public init?(
    signer: UInt64, from: UInt64, to: UInt64, signature: [UInt8], nodes: some NodeReader
  ) throws {
    guard from <= to else { return nil }
    var bytes = signature
    if signature.count != 64 {
      guard let first = try MultiSignature(decoding: signature).proofs.first else {
        throw DecodingError.invalid("A multi-signature without signatures")
      }
      bytes = first.signature
    }
    self.init(signer: signer, signature: bytes, patch: to - from)
    guard patch > 0 else { return }
    for index in FlatTree.Roots(from: from, to: to) { self.nodes.append(try nodes.requiredNode(at: index)) }
  }
}

extension MultiSignature {
  /// Puts contributions together, in the given order. Nodes that several bring are kept once.
  public init(assembling partials: [PartialSignature]) {
    self.init(proofs: [])
    for partial in partials {
      proofs.append(Proof(signer: partial.signer, signature: partial.signature, patch: partial.patch))
      for node in partial.nodes where !nodes.contains(where: { $0.index == node.index }) { nodes.append(node) }
    }
  }

  /// The longest length that at least `quorum` of the signers have signed; 0 when there are fewer than that.
  public static func signableLength(_ lengths: [UInt64], quorum: UInt64) -> UInt64 {
    let position = max(quorum, 1) - 1
    guard position < UInt64(lengths.count) else { return 0 }
    return lengths.sorted(by: >)[Int(position)]
  }
}

extension MultiSignatureV0 {
  /// Puts contributions to a log of `length` blocks together, in the given order. Equal nodes are kept once.
  public init(assembling partials: [PartialSignature], length: UInt64) {
    var signature = MultiSignature(proofs: [])
    for partial in partials {
      var positions: [UInt64] = []
      for node in partial.nodes {
        let position = signature.nodes.firstIndex(of: node) ?? signature.nodes.count
        if position == signature.nodes.count { signature.nodes.append(node) }
        positions.append(UInt64(position))
      }
      signature.proofs.append(
        .init(signer: partial.signer, signature: partial.signature, patch: partial.patch, nodePositions: positions))
    }
    self.init(signature, length: length)
  }
}
