import Autobase

extension FuzzTarget {
  /// What writers append and what the system log holds.
  static let autobase = FuzzTarget(
    "autobase", "oplog messages, checkpoints, boot records, system records",
    shapes: [
      Shape(OplogMessage.self), Shape(Checkpoint.self), Shape(Checkpointer.self), Shape(Digest.self),
      Shape(BootRecord.self), Shape(LinearizerUpdate.self), Shape(SystemInfo.self), Shape(Member.self),
      Shape(Checkout.self), Shape(Trace.self), Shape(WakeupList.self), Shape(WakeupMessage.self),
      Shape(EncryptionDescriptor.self), Shape(ManifestData.self),
      Shape("record key") { key in
        guard let sequence = LinearizerUpdate.sequence(ofRecordKey: key) else { return .refused }
        let written = LinearizerUpdate.recordKey(sequence: sequence)
        try require(
          LinearizerUpdate.sequence(ofRecordKey: written) == sequence, "the key of record \(sequence) names another")
        return .accepted
      },
    ],
    vectors: ["03-encodings", "03-replay", "03-behaviour"])
}
