public import CompactEncoding
public import Corestore
import Hypercore
public import HypercoreCrypto

/// Which base a store belongs to, and which log is the local writer's (spec 03 §1.1).
struct BaseIdentity {
  let key: Fixed32
  let local: (any LocalLog)?
  let encryptionKey: Fixed32?

  /// Finds out, and remembers it in the logs' user data.
  ///
  /// Without a key, the base is the one that the local log remembers, else a new one whose bootstrap writer is the
  /// local log.
  init(
    storage: any BaseStorage, key: Fixed32?, keyPair: KeyPair?, encryptionKey: Fixed32?, isReadOnly: Bool
  ) throws {
    var local: (any LocalLog)? = try keyPair.map { try storage.local($0) }
    let found: Fixed32
    if let key {
      found = key
      let bootstrap = try storage.writer(key)
      if local == nil && !isReadOnly { local = try Self.local(of: bootstrap, storage) }
    } else {
      let own = try local ?? storage.defaultLocal()
      found = try own.userData(UserDataKey.referrer).flatMap { Fixed32($0) } ?? own.key
      local = own
    }
    self.key = found
    self.local = local
    if let encryptionKey {
      self.encryptionKey = encryptionKey
    } else {
      self.encryptionKey = try local?.userData(UserDataKey.encryption).flatMap { Fixed32($0) }
    }
    if !storage.isReadOnly { try remember(storage, isGiven: key != nil || keyPair != nil) }
  }

  private static func local(of bootstrap: any WriterLog, _ storage: any BaseStorage) throws -> any LocalLog {
    if let remembered = try bootstrap.userData(UserDataKey.local).flatMap({ Fixed32($0) }) {
      guard let log = try storage.local(key: remembered) else {
        throw AutobaseError.corrupt("the local writer \(remembered) cannot be written here")
      }
      return log
    }
    return try storage.local(key: bootstrap.key) ?? storage.defaultLocal()
  }

  private func remember(_ storage: any BaseStorage, isGiven: Bool) throws {
    guard let local else { return }
    let bootstrap = try storage.writer(key)
    try bootstrap.remember(UserDataKey.local, local.key.bytes)
    if isGiven {
      try bootstrap.remember(UserDataKey.referrer, key.bytes)
      try local.remember(UserDataKey.referrer, key.bytes)
    }
    guard let encryptionKey else { return }
    try local.remember(UserDataKey.encryption, encryptionKey.bytes)
    try bootstrap.remember(UserDataKey.encryption, encryptionKey.bytes)
  }
}

extension Autobase {
  /// Opens a base.
  ///
  /// - Parameters:
  ///   - storage: the store; one base per store.
  ///   - application: what turns nodes into views.
  ///   - key: the base's key; nil to open the base this store remembers, or to found a new one.
  ///   - keyPair: the local writer's key pair, when it is not the store's default.
  ///   - encryptionKey: 32 bytes, needed once; remembered in the store.
  ///   - isReadOnly: whether to do without a local writer.
  ///   - options: settings.
  public convenience init(
    _ storage: any BaseStorage, _ application: any Application, key: Fixed32? = nil, keyPair: KeyPair? = nil,
    encryptionKey: Fixed32? = nil, isReadOnly: Bool = false, options: Options = Options()
  ) throws {
    func found() throws -> BaseIdentity {
      try BaseIdentity(
        storage: storage, key: key, keyPair: keyPair, encryptionKey: encryptionKey, isReadOnly: isReadOnly)
    }
    let identity = try storage.isReadOnly ? storage.read(found) : storage.write(found)
    try self.init(identity, storage: storage, application: application, options: options)
    try storage.isReadOnly ? storage.read(load) : storage.write(load)
  }

  /// Opens the base of a store.
  public convenience init(
    _ store: Corestore, _ application: any Application, key: Fixed32? = nil, keyPair: KeyPair? = nil,
    encryptionKey: Fixed32? = nil, options: Options = Options()
  ) throws {
    try self.init(
      CorestoreStorage(store), application, key: key, keyPair: keyPair, encryptionKey: encryptionKey, options: options)
  }
}
