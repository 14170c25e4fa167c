import CompactEncoding
public import Hypercore
import HypercoreCrypto
public import JSON
import TestSupport

extension JSON {
  /// The member `key`, or nil when it is absent or null.
  public func optional(_ key: String) -> JSON? {
    guard let value = self[key], !value.isNull else { return .none }
    return .some(value)
  }

  /// A tree node as the vectors write it.
  public func node() throws -> TreeNode {
    TreeNode(index: try number("index"), size: try number("size"), hash: try fixed32("hash"))
  }

  /// The tree nodes of the member `key`.
  public func nodes(_ key: String) throws -> [TreeNode] { try list(key).map { try $0.node() } }

  /// The numbers of the member `key`.
  public func numbers(_ key: String) throws -> [UInt64] { try list(key).map { try $0.number() } }

  /// A manifest as the vectors write it.
  public func manifest() throws -> Manifest {
    guard try text("hash") == "blake2b" else { throw VectorError("unknown hash") }
    let signers = try list("signers").map { signer in
      guard try signer.text("signature") == "ed25519" else { throw VectorError("unknown signature") }
      return Manifest.Signer(publicKey: try signer.fixed32("publicKey"), namespace: try signer.fixed32("namespace"))
    }
    return Manifest(
      version: try number("version"), allowPatch: try flag("allowPatch"), quorum: try number("quorum"),
      signers: signers,
      prologue: try optional("prologue").map { .init(hash: try $0.fixed32("hash"), length: try $0.number("length")) },
      linked: try optional("linked").map { _ in
        try list("linked").map { key in
          guard let key = Fixed32(try key.hex()) else { throw VectorError("not a key") }
          return key
        }
      },
      userData: try optional("userData").map { try $0.hex() })
  }
}

extension JSON {
  /// A request as the vectors write it.
  public func request() throws -> ProofRequest {
    let known: Set = ["block", "hash", "seek", "upgrade", "manifest"]
    guard known.isSuperset(of: object?.keys ?? []) else { throw VectorError("unknown part in \(text())") }
    return ProofRequest(
      block: try optional("block").map { .init(index: try $0.number("index"), nodes: try $0.number("nodes")) },
      hash: try optional("hash").map { .init(index: try $0.number("index"), nodes: try $0.number("nodes")) },
      seek: try optional("seek").map { .init(bytes: try $0.number("bytes"), padding: try $0.number("padding")) },
      upgrade: try optional("upgrade").map { .init(start: try $0.number("start"), length: try $0.number("length")) },
      manifest: self["manifest"]?.bool ?? false)
  }

  /// A proof as the vectors write it.
  public func proof() throws -> Proof {
    Proof(
      fork: try number("fork"),
      block: try optional("block").map {
        .init(index: try $0.number("index"), value: try $0.hex("value"), nodes: try $0.nodes("nodes"))
      },
      hash: try optional("hash").map { .init(index: try $0.number("index"), nodes: try $0.nodes("nodes")) },
      seek: try optional("seek").map { .init(bytes: try $0.number("bytes"), nodes: try $0.nodes("nodes")) },
      upgrade: try optional("upgrade").map {
        .init(
          start: try $0.number("start"), length: try $0.number("length"), nodes: try $0.nodes("nodes"),
          additionalNodes: try $0.nodes("additionalNodes"), signature: try $0.optional("signature")?.hex())
      },
      manifest: try optional("manifest")?.manifest())
  }
}
