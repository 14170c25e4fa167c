public import CompactEncoding
public import Corestore
public import Hypercore
public import HypercoreCrypto

/// The logs of one base in a ``Corestore``, or in one of its namespaces.
///
/// The local writer's log is the one named `local`. A view rests in the core that its manifest describes; the unsigned
/// tip behind it in that core's draft `batch`, which exists only while there is a tip. The core itself may be ahead of
/// what is applied, when others have told of a longer one.
public final class CorestoreStorage: BaseStorage {
  /// The store.
  public let store: Corestore

  /// The logs of the base in `store`.
  public init(_ store: Corestore) { self.store = store }

  public var isReadOnly: Bool { store.isReadOnly }
  private var canWrite: Bool { !isReadOnly && (!store.context.isInTransaction || store.context.isWriting) }
  public func afterRollback(_ action: @escaping () -> Void) { store.context.afterRollback(action) }
  public func write<R>(_ body: () throws -> R) throws -> R { try store.write(body) }
  public func write<R>(isRelaxed: Bool, _ body: () throws -> R) throws -> R {
    try store.write(durability: isRelaxed ? .relaxed : nil, body)
  }

  public func read<R>(_ body: () throws -> R) throws -> R { try store.read(body) }

  /// The name of the local writer's log.
  static let localName = "local"

  public func defaultLocal() throws -> (any LocalLog)? {
    do {
      return StoredWriterLog(try store.get(name: Self.localName))
    } catch StoreError.secretsMissing {
      return nil
    }
  }

  public func local(key: Fixed32) throws -> any LocalLog { StoredWriterLog(try store.get(key: key)) }
  public func local(_ keyPair: KeyPair) throws -> any LocalLog { StoredWriterLog(try store.get(keyPair: keyPair)) }
  public func keyPair(named name: String) throws -> KeyPair { try store.keyPair(named: name) }

  public func isStored(_ key: Fixed32) throws -> Bool { try store.has(key: key) }

  public func writer(_ key: Fixed32) throws -> any WriterLog {
    if try !canWrite && !store.has(key: key) { return UnknownWriterLog(key: key) }
    return StoredWriterLog(try store.get(key: key, isReadOnly: true))
  }

  public func view(_ manifest: Manifest) throws -> any ViewStorage {
    try StoredView(store.get(manifest: manifest), manifest)
  }

  public func view(key: Fixed32) throws -> (any ViewStorage)? {
    guard try store.has(key: key) else { return nil }
    let core = try store.get(key: key)
    return try core.manifest.map { try StoredView(core, $0) }
  }

  public func move(_ old: any ViewStorage, to manifest: Manifest) throws -> any ViewStorage {
    guard let old = old as? StoredView else { preconditionFailure("a view moves inside its store") }
    return try write {
      let core = try store.get(manifest: manifest)
      try core.copyPrologue(from: old.newest)
      try old.dropDraft()
      let view = try StoredView(core, manifest)
      try view.reset(to: manifest.prologue?.length ?? 0)
      return view
    }
  }

  public func storeStatic(_ manifest: Manifest, blocks: [[UInt8]]) throws {
    try write {
      let core = try store.get(manifest: manifest)
      if core.length == 0 { try core.append(trusted: blocks, signature: nil) }
    }
  }
}

/// The log of a writer of which nothing is stored, in a store that cannot be written.
private final class UnknownWriterLog: WriterLog {
  let key: Fixed32

  init(key: Fixed32) { self.key = key }

  var manifest: Manifest? { nil }
  var length: UInt64 { 0 }
  var fork: UInt64 { 0 }
  var contiguousLength: UInt64 { 0 }
  func block(at index: UInt64) throws -> [UInt8] { throw LogError.blockNotAvailable(index: index, length: 0) }
  func snapshot() throws -> any ReadableLog { self }
  func userData(_ key: String) throws -> [UInt8]? { nil }
  func setUserData(_ key: String, _ value: [UInt8]?) throws { throw SessionError.notWritable }
}

/// A writer's log in a store.
final class StoredWriterLog: LocalLog {
  private let core: Hypercore

  init(_ core: Hypercore) { self.core = core }

  var keyPair: KeyPair? { core.keyPair }
  var key: Fixed32 { core.key }
  var manifest: Manifest? { core.manifest }
  var length: UInt64 { core.length }
  var contiguousLength: UInt64 { core.contiguousLength }
  var hasConflict: Bool { core.isFrozen }
  var fork: UInt64 { core.fork }

  func firstStored(below end: UInt64) throws -> UInt64 {
    if contiguousLength >= end { return 0 }
    var (low, high) = (contiguousLength, end)
    while low < high {
      let middle = low + (high - low) / 2
      if try core.has(middle..<end) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  func block(at index: UInt64) throws -> [UInt8] { try core.block(at: index) }
  func snapshot() throws -> any ReadableLog { try core.snapshot() }
  func append(_ blocks: [[UInt8]]) throws { try core.append(blocks) }
  func userData(_ key: String) throws -> [UInt8]? { try core.userData(key) }
  func setUserData(_ key: String, _ value: [UInt8]?) throws { try core.setUserData(key, value) }
  func records() throws -> [(key: [UInt8], value: [UInt8])] { try core.locals() }
  func setRecord(_ key: [UInt8], _ value: [UInt8]?) throws { try core.setLocal(key, value) }
}
