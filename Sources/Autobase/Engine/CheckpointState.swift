import CompactEncoding

/// What a writer's newest block says about its system core and its signatures, with pointers followed
/// (spec 03 §8.2–8.3).
struct CheckpointState {
  /// A value with the length of the block that carries it.
  struct Mark<Value> {
    var value: Value
    var length: UInt64
  }

  /// The key of the system core the writer is on.
  var digest: Mark<Fixed32>?
  var system: Mark<IndexCheckpoint>?
  var encryption: Mark<IndexCheckpoint>?
  var user: [Mark<IndexCheckpoint>] = []

  init() {}

  /// Reads the newest block of a writer and the blocks it points to.
  ///
  /// - Throws: what `message` throws when a block is not here.
  init(at length: UInt64, _ message: (UInt64) throws -> OplogMessage) throws {
    guard length > 0 else { return }
    let newest = try message(length)
    if let found = newest.digest {
      let place = found.key == nil ? length - min(found.pointer, length) : length
      let key = try found.key ?? (place > 0 ? message(place).digest?.key : nil)
      digest = key.map { Mark(value: $0, length: place) }
    }
    guard let checkpoint = newest.checkpoint else { return }
    func follow(_ pointer: Checkpointer?, _ part: (Checkpoint) -> Checkpointer?) throws -> Mark<IndexCheckpoint>? {
      guard let pointer else { return nil }
      if let value = pointer.checkpoint { return Mark(value: value, length: length) }
      guard pointer.pointer > 0, pointer.pointer < length else { return nil }
      let place = length - pointer.pointer
      return try message(place).checkpoint.flatMap(part)?.checkpoint.map { Mark(value: $0, length: place) }
    }
    system = try follow(checkpoint.system) { $0.system }
    encryption = try follow(checkpoint.encryption) { $0.encryption }
    for (i, pointer) in (checkpoint.user ?? []).enumerated() {
      guard let mark = try follow(pointer, { i < $0.user?.count ?? 0 ? $0.user?[i] : nil }) else { break }
      user.append(mark)
    }
  }

  /// The digest of the block that comes at `length`; its key is inline when it differs from the last one.
  mutating func writeDigest(_ key: Fixed32, at length: UInt64) -> Digest {
    if let digest, digest.value == key { return Digest(pointer: length - digest.length) }
    digest = Mark(value: key, length: length)
    return Digest(key: key)
  }

  /// The checkpoint of the block that comes at `length`.
  func checkpoint(at length: UInt64) -> Checkpoint {
    func pointer(_ mark: Mark<IndexCheckpoint>) -> Checkpointer {
      mark.length == length ? Checkpointer(checkpoint: mark.value) : Checkpointer(pointer: length - mark.length)
    }
    return Checkpoint(
      system: system.map { pointer($0) }, encryption: encryption.map { pointer($0) },
      user: user.isEmpty ? nil : user.map { pointer($0) })
  }
}

/// The signatures of one signer of the system core.
struct CheckpointSource {
  let key: Fixed32
  /// Position in the manifest's list of signers.
  let signer: Int
  /// How much of its log the state is taken from.
  var readLength: UInt64 = 0
  var state = CheckpointState()

  /// Number of system blocks it has signed.
  var signedLength: UInt64 { state.system?.value.length ?? 0 }
}
