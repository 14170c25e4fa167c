public import CompactEncoding
public import Hypercore
public import HypercoreCrypto

/// A store of one base in memory: for tests, simulations and replays. Its transactions do not roll back: after a
/// failure it is thrown away.
public final class MemoryBaseStorage: BaseStorage {
  private var writers: [Fixed32: MemoryWriterLog] = [:]
  private var views: [Fixed32: MemoryViewStorage] = [:]
  private let localKeyPair: KeyPair

  /// An empty store whose default local writer has the given key pair.
  public init(local: KeyPair) { localKeyPair = local }

  /// Whether bases opened on it must not write; nothing stops them.
  public var isReadOnly = false
  /// None ever is undone.
  public func afterRollback(_ action: @escaping () -> Void) {}
  public func write<R>(_ body: () throws -> R) throws -> R { try body() }
  public func write<R>(isRelaxed: Bool, _ body: () throws -> R) throws -> R { try body() }
  public func read<R>(_ body: () throws -> R) throws -> R { try body() }

  public func defaultLocal() throws -> (any LocalLog)? { localLog(localKeyPair) }
  public func local(key: Fixed32) throws -> any LocalLog { writerLog(key) }
  public func keyPair(named name: String) throws -> KeyPair {
    KeyPair(seed: Blake2b.hash([localKeyPair.secretKey, Array(name.utf8)]))
  }

  public func local(_ keyPair: KeyPair) throws -> any LocalLog { localLog(keyPair) }
  public func isStored(_ key: Fixed32) throws -> Bool { writers[key] != nil || views[key] != nil }
  public func writer(_ key: Fixed32) throws -> any WriterLog { writerLog(key) }

  /// The log of a writer, to be filled by whoever simulates replication.
  public func writerLog(_ key: Fixed32) -> MemoryWriterLog {
    if let log = writers[key] { return log }
    let log = MemoryWriterLog(key: key, manifest: nil)
    writers[key] = log
    return log
  }

  /// The log that a key pair writes.
  public func localLog(_ keyPair: KeyPair) -> MemoryWriterLog {
    let manifest = Manifest(publicKey: keyPair.publicKey)
    let log = writerLog(manifest.key)
    log.manifest = manifest
    log.keyPair = keyPair
    return log
  }

  public func view(_ manifest: Manifest) throws -> any ViewStorage {
    let key = manifest.key
    if let view = views[key] { return view }
    let view = MemoryViewStorage(key: key, manifest: manifest)
    views[key] = view
    return view
  }

  public func view(key: Fixed32) throws -> (any ViewStorage)? { views[key] }

  public func move(_ old: any ViewStorage, to manifest: Manifest) throws -> any ViewStorage {
    let view = MemoryViewStorage(key: manifest.key, manifest: manifest)
    try view.copy(old, signedLength: manifest.prologue?.length ?? 0)
    views[view.key] = view
    return view
  }

  public func storeStatic(_ manifest: Manifest, blocks: [[UInt8]]) throws {
    let log = writerLog(manifest.key)
    log.manifest = manifest
    if log.length == 0 { log.append(replicated: blocks) }
  }
}

/// A writer's log in memory.
public final class MemoryWriterLog: LocalLog {
  public let key: Fixed32
  /// The manifest, once it is known.
  public var manifest: Manifest?
  /// Unsigned: nobody but this process reads it.
  public private(set) var blocks: [[UInt8]] = []
  /// The key pair, where the local writer writes it.
  public internal(set) var keyPair: KeyPair?
  private var data: [String: [UInt8]] = [:]
  private var localRecords: [[UInt8]: [UInt8]] = [:]

  init(key: Fixed32, manifest: Manifest?) {
    self.key = key
    self.manifest = manifest
  }

  public var length: UInt64 { UInt64(blocks.count) }
  public var contiguousLength: UInt64 { length }
  public var fork: UInt64 { 0 }

  public func block(at index: UInt64) throws -> [UInt8] {
    guard index < length else { throw LogError.blockNotAvailable(index: index, length: length) }
    return blocks[Int(index)]
  }

  public func snapshot() throws -> any ReadableLog { MemoryLog(blocks) }
  public func append(_ new: [[UInt8]]) throws { blocks += new }

  /// Adds blocks as replication would.
  public func append(replicated new: [[UInt8]]) { blocks += new }

  public func userData(_ key: String) throws -> [UInt8]? { data[key] }
  public func setUserData(_ key: String, _ value: [UInt8]?) throws { data[key] = value }

  public func records() throws -> [(key: [UInt8], value: [UInt8])] {
    localRecords.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { (key: $0.key, value: $0.value) }
  }

  public func setRecord(_ key: [UInt8], _ value: [UInt8]?) throws { localRecords[key] = value }
}

/// A view core in memory.
public final class MemoryViewStorage: ViewStorage {
  public let key: Fixed32
  public let manifest: Manifest
  /// All blocks, as stored.
  public private(set) var blocks: [[UInt8]] = []
  public private(set) var signedLength: UInt64
  private var signedSignature: [UInt8]?
  private var nodes = NodeTable()
  private var data: [String: [UInt8]] = [:]
  private var current = MerkleTree()

  init(key: Fixed32, manifest: Manifest) {
    self.key = key
    self.manifest = manifest
    signedLength = 0
  }

  public var length: UInt64 { UInt64(blocks.count) }
  public var isStale: Bool { false }
  public var missingRange: Range<UInt64>? { nil }
  public var signedLog: any ReadableLog { MemoryLog(Array(blocks[..<Int(signedLength)])) }
  public func show(_ length: UInt64) {}

  public func reset(to length: UInt64) throws {
    guard length <= signedLength else {
      throw AutobaseError.corrupt("view core \(key) has \(signedLength) signed blocks, not \(length)")
    }
    blocks.removeSubrange(Int(length)...)
    nodes.truncate(to: length)
    current = try MerkleTree(length: length, fork: 0, from: nodes)
  }

  public func block(at index: UInt64) throws -> [UInt8] {
    guard index < length else { throw LogError.blockNotAvailable(index: index, length: length) }
    return blocks[Int(index)]
  }

  public func node(at index: UInt64) throws -> TreeNode? { nodes.node(at: index) }
  public func tree() throws -> MerkleTree { current }
  public func reading<R>(_ body: () throws -> R) throws -> R { try body() }
  public func signature() throws -> [UInt8]? { signedSignature }
  public func snapshot() throws -> any ReadableLog { MemoryLog(blocks) }
  public func userData(_ key: String) throws -> [UInt8]? { data[key] }
  public func setUserData(_ key: String, _ value: [UInt8]?) throws { data[key] = value }

  public func fillPrologue(from other: any ViewStorage) throws {}

  public func write(_ change: ViewChange) throws {
    if change.keptLength < length {
      blocks.removeSubrange(Int(change.keptLength)...)
      nodes.truncate(to: change.keptLength)
    }
    blocks += change.blocks
    nodes.insert(change.batch.nodes)
    current = change.batch.tree
    guard let signed = change.signed else { return }
    signedLength = signed.tree.length
    signedSignature = signed.signature
  }

  func copy(_ old: any ViewStorage, signedLength: UInt64) throws {
    var batch = MerkleBatch(MerkleTree())
    for index in 0..<old.length { blocks.append(try old.block(at: index)) }
    batch.append(contentsOf: blocks)
    nodes.insert(batch.nodes)
    current = batch.tree
    self.signedLength = signedLength
  }
}
