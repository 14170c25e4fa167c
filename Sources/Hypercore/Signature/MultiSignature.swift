public import CompactEncoding

/// Signatures of several signers over one log, possibly made at different lengths.
///
/// A signer may have signed a longer log than the one that is committed. His proof then says by how many blocks
/// (`patch`), and `nodes` carries the subtrees by which whoever verifies extends the committed tree to what he
/// signed. Encoded as
///
/// ```
/// array(proof) ‖ array(node)                 proof = uint signer ‖ signature(64) ‖ uint patch
/// ```
///
/// A log with one signer has 68 bytes: `01 00 ‖ signature ‖ 00 00`. Version 0 of the manifest has its own proofs:
///
/// ```
/// proof = uint flags ‖ uint signer ‖ signature(64) ‖ [flag 1: uint start ‖ uint length ‖ array(uint) node positions]
/// ```
///
/// where `length` is the patch, `start` the length that was signed (ignored when read), and the positions select
/// from the shared nodes.
///
/// Source: spec 01 §4.4.
public struct MultiSignature: Hashable, Sendable {
  /// One signer's part.
  public struct Proof: Hashable, Sendable {
    /// Position in the manifest's list of signers.
    public var signer: UInt64
    /// 64 bytes, Ed25519.
    public var signature: [UInt8]
    /// How many blocks further than the committed length the signer signed.
    public var patch: UInt64
    /// Positions of this proof's nodes in the shared list (version 0 only; nil stands for all of them).
    public var nodePositions: [UInt64]?

    /// A part.
    public init(signer: UInt64, signature: [UInt8], patch: UInt64 = 0, nodePositions: [UInt64]? = nil) {
      self.signer = signer
      self.signature = signature
      self.patch = patch
      self.nodePositions = nodePositions
    }
  }

  /// The parts, in the order they are checked.
  public var proofs: [Proof]
  /// Nodes that extend the committed tree, shared by all parts.
  public var nodes: [TreeNode]

  /// A multi-signature.
  public init(proofs: [Proof], nodes: [TreeNode] = []) {
    self.proofs = proofs
    self.nodes = nodes
  }

  /// A log with one signer.
  public init(single signature: [UInt8], signer: UInt64 = 0) {
    self.init(proofs: [Proof(signer: signer, signature: signature)])
  }

  /// The nodes that a part may use; positions behind the end select nothing.
  func nodes(of proof: Proof) -> [TreeNode] {
    guard let positions = proof.nodePositions else { return nodes }
    return positions.compactMap { position in
      position < UInt64(nodes.count) ? nodes[Int(position)] : nil
    }
  }
}

extension MultiSignature: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.array(proofs)
    size.array(nodes)
  }

  public func encode(into writer: inout Writer) {
    writer.array(proofs)
    writer.array(nodes)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    proofs = try reader.array(minimumSize: 66)
    nodes = try reader.array(minimumSize: TreeNode.minimumSize)
  }
}

extension MultiSignature.Proof: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.uint(signer)
    size.fixed64()
    size.uint(patch)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(signer)
    writer.fixed64(signature)
    writer.uint(patch)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    self.init(signer: try reader.uint(), signature: try reader.fixed64(), patch: try reader.uint())
  }
}
