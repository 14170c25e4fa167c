import CompactEncoding
import Hypercore
import HypercoreCrypto
import Hyperschema
import Protomux
import ProtomuxRPC
import Registry
import Replication

extension FuzzTarget {
  /// Manifests, signatures, proofs.
  static let hypercore = FuzzTarget(
    "hypercore", "manifests, multi-signatures, proofs and requests",
    shapes: [
      Shape(Manifest.self) { manifest in
        _ = manifest.matches(manifest.key)
        _ = try? Manifest(parsing: manifest.encoded())
      },
      Shape(MultiSignature.self), Shape(MultiSignatureV0.self), Shape(TreeNode.self), Shape(Proof.Block.self),
      Shape(Proof.Hash.self), Shape(Proof.Seek.self), Shape(Proof.Upgrade.self), Shape(RequestMessage.self),
      Shape(DataMessage.self), Shape(FullyRemoteProof.self) { proof in _ = try? proof.check() },
    ],
    vectors: ["01-manifests", "01-signatures", "01-proofs", "01-storage", "02-hypercore-messages"])

  /// The messages of the replication and wakeup protocols.
  static let replicationMessages = FuzzTarget(
    "replication-messages", "messages of the replication and wakeup protocols",
    shapes: [
      Shape(HandshakeMessage.self), Shape(SyncMessage.self), Shape(CancelMessage.self), Shape(NoDataMessage.self),
      Shape(WantMessage.self), Shape(BitfieldMessage.self), Shape(RangeMessage.self), Shape(ExtensionMessage.self),
      Shape(RequestMessage.self), Shape(DataMessage.self), Shape(WakeupHandshake.self), Shape(WakeupHint.self),
      Shape(CapabilityHandshake.self),
      Shape("WakeupMessage") { bytes in
        guard let type = bytes.first.map({ UInt64($0 & 3) }) else { return .refused }
        let message: WakeupMessage?
        do { message = try WakeupMessage(type: type, decoding: bytes.dropFirst()) } catch { return .refused }
        guard let message else { return .refused }
        let again = try? WakeupMessage(type: message.type, decoding: message.encoded()[...])
        try require(again == message, "a wakeup message is not read as it was written")
        return .accepted
      },
    ],
    vectors: ["02-hypercore-messages", "02-wakeup", "02-hypercore-transcripts"])

  /// Calls, and the registry's requests, answers and operations.
  static let registry = FuzzTarget(
    "registry", "RPC messages, the registry's requests, answers and operations",
    shapes: [
      Shape(RPCRequest.self), Shape(RPCResponse.self), Shape(RegistryOperation.self), Shape(Entry.self),
      Shape(ListRequest.self) { request in
        try require(request.effectiveLimit <= 1000, "\(request.effectiveLimit) entries are listed at once")
      },
      Shape(ListResponse.self), Shape(EntryResult.self), Shape(Status.self), Shape(WriterInfo.self),
      Shape(WriterKey.self), Shape(EntryName.self), Shape(DriveKey.self),
      Shape("RPCValue") { bytes in
        let value: [UInt8]?
        do { value = try RPCValue.decode(bytes) } catch { return .refused }
        try require(
          try RPCValue.decode(RPCValue.encode(value)) == value, "a call's value is not read as it was written")
        return .accepted
      },
      Shape("entry by schema") { bytes in
        guard let entry = try? Entry(decoding: bytes) else { return .refused }
        let encoding = try RegistrySpecification.schema.encoding("@registry/entry")
        let value = try encoding.decode(entry.encoded())
        try require(Entry(value) == Entry(entry.value), "the schema reads another entry")
        try require(try encoding.encode(value) == entry.encoded(), "the schema writes an entry differently")
        return .accepted
      },
    ],
    vectors: ["02-protomux-rpc", "04-hyperdispatch", "04-proposal", "04-hyperdb"])
}
