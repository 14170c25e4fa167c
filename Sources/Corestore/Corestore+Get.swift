public import CompactEncoding
public import Hypercore
public import HypercoreCrypto

extension Corestore: LogStore {
  /// The stored log with a discovery key; nil when there is none.
  public func log(discoveryKey: Fixed32) throws -> Hypercore? {
    guard let found = try context.read({ try context.storage.core(discoveryKey: discoveryKey) }) else { return nil }
    return try open(found, keyPair: nil, isReadOnly: false)
  }
}

extension Corestore {
  /// The log with a name in this namespace. Writable, unless the store is read-only.
  ///
  /// - Parameters:
  ///   - create: whether it is created when it is missing.
  ///   - expected: the key that the log must have.
  /// - Throws: ``StoreError/noSelector`` for an empty name, ``SessionError/storageEmpty``,
  ///   ``SessionError/storageConflict(_:)`` when the name stands for another log.
  public func get(
    name: String, create: Bool = true, key expected: Fixed32? = nil, isReadOnly: Bool = false
  ) throws -> Hypercore {
    guard !name.isEmpty else { throw StoreError.noSelector }
    let alias = Alias(namespace: namespace, name: Array(name.utf8))
    if let found = try context.read({ try existing(alias) }) {
      if let expected, found.key != expected {
        throw SessionError.storageConflict("Another Hypercore is stored here")
      }
      return try open(found, keyPair: nil, isReadOnly: isReadOnly)
    }
    if self.isReadOnly || !create { throw SessionError.storageEmpty }
    let pair = try keyPair(of: alias)
    if let expected, manifest(of: pair).key != expected {
      throw SessionError.storageConflict("Another Hypercore is stored here")
    }
    return try context.write {
      let record = try existing(alias) ?? store(manifest: manifest(of: pair), keyPair: pair, alias: alias)
      return try open(record, keyPair: nil, isReadOnly: isReadOnly)
    }
  }

  /// The log with a core key. One that is not stored yet is created empty, its manifest unknown until it is learned.
  public func get(key: Fixed32, isReadOnly: Bool = false) throws -> Hypercore {
    try get(key: key, manifest: nil, keyPair: nil, isReadOnly: isReadOnly)
  }

  /// The log that a manifest describes. Writable when the store keeps a key pair for it.
  public func get(manifest: Manifest, isReadOnly: Bool = false) throws -> Hypercore {
    try get(key: manifest.key, manifest: manifest, keyPair: nil, isReadOnly: isReadOnly)
  }

  /// The log that a key pair signs alone. The secret key is kept with the store's secrets.
  public func get(keyPair: KeyPair, isReadOnly: Bool = false) throws -> Hypercore {
    let manifest = manifest(of: keyPair)
    return try get(key: manifest.key, manifest: manifest, keyPair: keyPair, isReadOnly: isReadOnly)
  }

  /// The log with a core key, with what is known about it besides.
  ///
  /// - Parameters:
  ///   - manifest: adopted when none is stored.
  ///   - keyPair: makes the log writable; kept with the store's secrets. When its public key is the core key, the log
  ///     is a compat one.
  /// - Throws: ``SessionError/storageConflict(_:)`` when the manifest does not hash to the key.
  public func get(key: Fixed32, manifest: Manifest?, keyPair: KeyPair?, isReadOnly: Bool = false) throws -> Hypercore {
    var manifest = manifest
    if manifest == nil, let keyPair {
      let own = self.manifest(of: keyPair)
      if key == own.key || key == keyPair.publicKey { manifest = own }
    }
    if let manifest, !manifest.matches(key) {
      throw SessionError.storageConflict("Manifest does not hash to provided key")
    }
    let found = try context.read { try context.storage.core(discoveryKey: discoveryKey(of: key)) }
    if let found, manifest == nil || found.manifest != nil, keyPair == nil || found.publicKey == keyPair?.publicKey {
      return try open(found, keyPair: keyPair, isReadOnly: isReadOnly)
    }
    if self.isReadOnly {
      guard let found else { throw SessionError.storageEmpty }
      return try open(found, keyPair: keyPair, isReadOnly: true)
    }
    if let keyPair { try secrets.setSecretKey(keyPair.secretKey, for: keyPair.publicKey) }
    return try context.write {
      guard var record = try context.storage.core(discoveryKey: discoveryKey(of: key)) else {
        let created = try store(key: key, manifest: manifest, keyPair: keyPair, alias: nil)
        return try open(created, keyPair: keyPair, isReadOnly: isReadOnly)
      }
      record.manifest = record.manifest ?? manifest?.encoded()
      record.publicKey = record.publicKey ?? keyPair?.publicKey
      let session = try open(record, keyPair: keyPair, isReadOnly: isReadOnly)
      try session.updateRecord(record)
      return session
    }
  }

  /// The stored log with a discovery key.
  ///
  /// - Throws: ``SessionError/storageEmpty`` when there is none.
  public func get(discoveryKey: Fixed32, isReadOnly: Bool = false) throws -> Hypercore {
    guard let found = try context.read({ try context.storage.core(discoveryKey: discoveryKey) }) else {
      throw SessionError.storageEmpty
    }
    return try open(found, keyPair: nil, isReadOnly: isReadOnly)
  }

  /// The log named by what a user typed: a key as z-base-32, hex or URL.
  ///
  /// - Throws: `KeyIdentifierError` when it is no key.
  public func get(id: String, isReadOnly: Bool = false) throws -> Hypercore {
    try get(key: KeyIdentifier.decode(id), isReadOnly: isReadOnly)
  }

  /// Whether a log is stored.
  public func has(key: Fixed32) throws -> Bool {
    try context.read { try context.storage.core(discoveryKey: discoveryKey(of: key)) != nil }
  }

  /// Whether a name of this namespace is in use.
  public func has(name: String) throws -> Bool {
    try context.read { try context.storage.core(alias: Alias(namespace: namespace, name: Array(name.utf8))) != nil }
  }

  // MARK: Listing

  /// The discovery keys of all stored logs, in the order they were stored; with `ofNamespace`, of those named in it.
  public func list(ofNamespace namespace: Fixed32? = nil) throws -> [Fixed32] {
    try context.read {
      guard let namespace else { return try context.storage.cores().map(\.discoveryKey) }
      return try context.storage.aliases(namespace: namespace, core: nil).compactMap {
        try context.storage.core($0.core)?.discoveryKey
      }
    }
  }

  /// The records of all stored logs, in the order they were stored.
  public func cores() throws -> [CoreRecord] { try context.read { try context.storage.cores() } }

  /// The names in use and the logs they stand for; in all namespaces when nil.
  public func aliases(ofNamespace namespace: Fixed32? = nil) throws -> [(alias: Alias, core: CoreRecord)] {
    try context.read {
      try context.storage.aliases(namespace: namespace, core: nil).compactMap { entry in
        try context.storage.core(entry.core).map { (entry.alias, $0) }
      }
    }
  }

  /// Lets a name of this namespace stand for a log. The log's key pair stays what it was.
  public func setAlias(_ name: String, for log: Hypercore) throws {
    try context.write {
      try context.setAlias(Alias(namespace: namespace, name: Array(name.utf8)), for: log)
    }
  }

  // MARK: Static copies

  /// A second log with the same content that can never change: its manifest has no signers and fixes what `log` holds
  /// now. It shares the stored blocks.
  ///
  /// - Throws: ``SessionError/storageEmpty`` when the log is empty.
  public func staticify(_ log: Hypercore) throws -> Hypercore {
    try context.write {
      let head = try log.head()
      guard head.length > 0 else { throw SessionError.storageConflict("Core must have data") }
      let manifest = Manifest(
        quorum: 0, signers: [], prologue: Manifest.Prologue(hash: head.rootHash, length: head.length))
      let fixed = try get(manifest: manifest)
      if fixed.length == 0 { try fixed.copyPrologue(from: log) }
      return fixed
    }
  }

  // MARK: Opening

  func manifest(of pair: KeyPair) -> Manifest {
    Manifest(publicKey: pair.publicKey, version: max(manifestVersion, 1))
  }

  private func existing(_ alias: Alias) throws -> CoreRecord? {
    try context.storage.core(alias: alias).flatMap { try context.storage.core($0) }
  }

  func store(manifest: Manifest, keyPair: KeyPair, alias: Alias) throws -> CoreRecord {
    if let record = try context.storage.core(discoveryKey: discoveryKey(of: manifest.key)) {
      try context.setAlias(alias, core: record.id)
      return record
    }
    return try store(key: manifest.key, manifest: manifest, keyPair: keyPair, alias: alias)
  }

  private func store(key: Fixed32, manifest: Manifest?, keyPair: KeyPair?, alias: Alias?) throws -> CoreRecord {
    let new = NewCore(
      key: key, discoveryKey: discoveryKey(of: key), manifest: manifest?.encoded(), publicKey: keyPair?.publicKey)
    return try context.createCore(new, alias: alias)
  }

  func open(_ record: CoreRecord, keyPair: KeyPair? = nil, isReadOnly: Bool = false) throws -> Hypercore {
    let readOnly = isReadOnly || self.isReadOnly
    // Whoever only reads is told whether the log can be written, as far as the secrets can be read.
    let pair = try keyPair ?? (self.isReadOnly ? try? storedKeyPair(of: record) : storedKeyPair(of: record))
    return try context.openSession(on: record, keyPair: pair, isReadOnly: readOnly)
  }

  /// The key pair that writes a stored core: kept as a secret, or derived from one of its names.
  private func storedKeyPair(of record: CoreRecord) throws -> KeyPair? {
    guard let publicKey = record.publicKey else { return nil }
    if let known = keys.keyPairs[publicKey] { return known }
    let found = try findKeyPair(publicKey, of: record)
    keys.keyPairs[publicKey] = found
    return found
  }

  private func findKeyPair(_ publicKey: Fixed32, of record: CoreRecord) throws -> KeyPair? {
    if let secret = try secrets.secretKey(for: publicKey) { return KeyPair(secretKey: secret) }
    for entry in try context.read({ try context.storage.aliases(namespace: nil, core: record.id) }) {
      guard let pair = try? keyPair(of: entry.alias) else { continue }
      if pair.publicKey == publicKey { return pair }
    }
    return nil
  }
}
