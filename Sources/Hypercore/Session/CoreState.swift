import CompactEncoding
import HypercoreCrypto

/// What all sessions of one core share: its record and the rules for signing.
final class CoreState {
  unowned let context: StoreContext
  private(set) var record: CoreRecord
  private(set) var manifest: Manifest?
  private(set) var verifier: Verifier
  private var generation: UInt64
  /// Counts changes of the record that were made here.
  private(set) var changeCount: UInt64 = 0
  /// The transaction that stored the core was undone.
  var isDead = false

  init(_ record: CoreRecord, context: StoreContext) throws {
    self.context = context
    self.record = record
    manifest = try Self.manifest(of: record)
    verifier = Verifier(key: record.key, manifest: manifest)
    generation = context.generation
  }

  private static func manifest(of record: CoreRecord) throws -> Manifest? {
    guard let bytes = record.manifest else { return nil }
    return try Manifest(decoding: bytes)
  }

  /// Whether somebody else may have changed it since it was read.
  var isStale: Bool { generation != context.generation }

  /// Reads the record again when somebody else may have changed it.
  func refresh() throws {
    guard isStale else { return }
    guard !isDead, let stored = try context.storage.core(record.id) else { throw SessionError.storageEmpty }
    if stored != record { try adopt(stored) }
    generation = context.generation
  }

  private func adopt(_ new: CoreRecord) throws {
    record = new
    manifest = try Self.manifest(of: new)
    verifier = Verifier(key: new.key, manifest: manifest)
  }

  func update(_ body: (inout CoreRecord) -> Void) throws {
    var new = record
    body(&new)
    guard new != record else { return }
    context.willChange()
    changeCount &+= 1
    try context.storage.updateCore(new)
    try adopt(new)
  }
}

extension Verifier {
  /// The complete signature of a head, as far as one signer can make it: also where one of several is enough.
  func signHead(_ tree: MerkleTree, with keyPair: KeyPair?) throws(ManifestError) -> [UInt8] {
    let signature = try sign(tree, with: keyPair)
    guard version > 0, quorum == 1, manifest.signers.count > 1,
      let signer = manifest.signers.firstIndex(where: { $0.publicKey == keyPair?.publicKey })
    else { return signature }
    return MultiSignature(single: signature, signer: UInt64(signer)).encoded()
  }
}
