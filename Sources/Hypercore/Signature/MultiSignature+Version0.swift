public import CompactEncoding

/// A multi-signature in the encoding of version 0 manifests; see ``MultiSignature``.
public struct MultiSignatureV0: Hashable, Sendable {
  /// The signatures; parts with a patch name their nodes by position.
  public var signature: MultiSignature
  /// The length that is committed. It enters the bytes only as `start`, which nobody reads.
  public var length: UInt64

  /// Wraps a multi-signature over a log of `length` blocks.
  public init(_ signature: MultiSignature, length: UInt64) {
    self.signature = signature
    self.length = length
  }

  private static let patched: UInt64 = 1

  /// The length that was signed. When it was read from parts that contradict each other it may be out of range.
  private func start(of proof: MultiSignature.Proof) -> UInt64 {
    min(length &+ proof.patch, maximumSafeInteger)
  }

  /// Positions of the nodes of one part: all of them when it names none.
  private func positions(_ proof: MultiSignature.Proof) -> [UInt64] {
    proof.nodePositions ?? signature.nodes.indices.map { UInt64($0) }
  }
}

extension MultiSignatureV0: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.uint(UInt64(signature.proofs.count))
    for proof in signature.proofs {
      size.byte()  // flags
      size.uint(proof.signer)
      size.fixed64()
      guard proof.patch > 0 else { continue }
      size.uint(start(of: proof))
      size.uint(proof.patch)
      let positions = positions(proof)
      size.uint(UInt64(positions.count))
      for position in positions { size.uint(position) }
    }
    size.array(signature.nodes)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(UInt64(signature.proofs.count))
    for proof in signature.proofs {
      writer.uint(proof.patch > 0 ? Self.patched : 0)
      writer.uint(proof.signer)
      writer.fixed64(proof.signature)
      guard proof.patch > 0 else { continue }
      writer.uint(start(of: proof))
      writer.uint(proof.patch)
      let positions = positions(proof)
      writer.uint(UInt64(positions.count))
      for position in positions { writer.uint(position) }
    }
    writer.array(signature.nodes)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    length = 0
    signature = MultiSignature(proofs: [])
    let count = try reader.count(minimumSize: 66)
    signature.proofs.reserveCapacity(count)
    for _ in 0..<count {
      let flags = try reader.uint()
      var proof = MultiSignature.Proof(signer: try reader.uint(), signature: try reader.fixed64(), nodePositions: [])
      if flags & Self.patched != 0 {
        let start = try reader.uint()
        proof.patch = try reader.uint()
        length = start >= proof.patch ? start - proof.patch : 0
        let positionCount = try reader.count()
        var positions: [UInt64] = []
        positions.reserveCapacity(positionCount)
        for _ in 0..<positionCount { positions.append(try reader.uint()) }
        proof.nodePositions = positions
      }
      signature.proofs.append(proof)
    }
    signature.nodes = try reader.array(minimumSize: TreeNode.minimumSize)
  }
}
