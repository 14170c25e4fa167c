public import CompactEncoding
public import Hypercore
public import HypercoreCrypto

/// What a base needs of a store. Everything a base writes in one ``write(_:)`` takes effect together or not at all.
public protocol BaseStorage: AnyObject {
  /// Whether nothing can be written.
  var isReadOnly: Bool { get }
  /// Runs `action` when the open write transaction is undone, which takes with it what was opened in it.
  func afterRollback(_ action: @escaping () -> Void)
  /// Runs `body` as one transaction. Transactions nest; the outermost one commits.
  func write<R>(_ body: () throws -> R) throws -> R
  /// The same; with `isRelaxed`, the commit need not survive a power failure, since all of it can be computed or fetched
  /// again.
  func write<R>(isRelaxed: Bool, _ body: () throws -> R) throws -> R
  /// Runs `body` with every read seeing the same state.
  func read<R>(_ body: () throws -> R) throws -> R
  /// The log that the local writer writes by default: the core named `local`. Nil when there is none yet, and no secret
  /// to make it with.
  func defaultLocal() throws -> (any LocalLog)?
  /// The log with this key, to keep the local state beside it; it may lack the key pair.
  func local(key: Fixed32) throws -> any LocalLog
  /// The log that a key pair writes.
  func local(_ keyPair: KeyPair) throws -> any LocalLog
  /// The key pair with a name, made from the store's secret.
  func keyPair(named name: String) throws -> KeyPair
  /// Whether anything of a core is stored.
  func isStored(_ key: Fixed32) throws -> Bool
  /// The log of a writer; an empty one when nothing of it is stored yet.
  func writer(_ key: Fixed32) throws -> any WriterLog
  /// The view core that a manifest describes; made when it is not stored yet.
  func view(_ manifest: Manifest) throws -> any ViewStorage
  /// The view core with this key, if it is stored.
  func view(key: Fixed32) throws -> (any ViewStorage)?
  /// A new view core that holds all blocks of `old`, the first `manifest.prologue.length` of them as signed.
  func move(_ old: any ViewStorage, to manifest: Manifest) throws -> any ViewStorage
  /// Stores a core that is exactly its prologue.
  func storeStatic(_ manifest: Manifest, blocks: [[UInt8]]) throws
}

/// The log of a writer.
public protocol WriterLog: ReadableLog {
  /// The core key.
  var key: Fixed32 { get }
  /// Blocks up to this index are all stored here.
  var contiguousLength: UInt64 { get }
  /// The first index from which on all blocks up to `end` are stored here; `end` when the last of them is not.
  func firstStored(below end: UInt64) throws -> UInt64
  /// The manifest, when it is known here.
  var manifest: Manifest? { get }
  /// Whether two conflicting signatures of it were seen: its writer has signed two histories, and nothing is added any
  /// more to what is stored of it.
  var hasConflict: Bool { get }
  /// A small local value, never sent to anyone.
  func userData(_ key: String) throws -> [UInt8]?
  /// Sets or, with nil, removes a small local value.
  func setUserData(_ key: String, _ value: [UInt8]?) throws
}

extension WriterLog {
  /// Nobody else can sign a log that is in memory only.
  public var hasConflict: Bool { false }
  public func firstStored(below end: UInt64) throws -> UInt64 { contiguousLength >= end ? 0 : end }

  /// Sets a small local value unless it is what is stored.
  func remember(_ key: String, _ value: [UInt8]) throws {
    if try userData(key) != value { try setUserData(key, value) }
  }
}

/// The log of the local writer.
public protocol LocalLog: WriterLog {
  /// The key pair that signs the log, and the views when the writer is an indexer; nil where its secret is not.
  var keyPair: KeyPair? { get }
  /// Appends signed blocks, inside a transaction.
  func append(_ blocks: [[UInt8]]) throws
  /// All local records with their keys, ascending.
  func records() throws -> [(key: [UInt8], value: [UInt8])]
  /// Sets or, with nil, removes a local record.
  func setRecord(_ key: [UInt8], _ value: [UInt8]?) throws
}
