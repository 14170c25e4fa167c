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
    storage: any BaseStorage, key: Fixed32?, keyPair: KeyPair?, encryption: EncryptionChoice, isReadOnly: Bool
  ) throws {
    var local: (any LocalLog)? = try keyPair.map { try storage.local($0) }
    let found: Fixed32
    if let key {
      found = key
      let bootstrap = try storage.writer(key)
      if local == nil && !isReadOnly { local = try Self.local(of: bootstrap, storage) }
    } else {
      guard let own = try local ?? storage.defaultLocal() else {
        throw AutobaseError.corrupt("no base is remembered here, and there is no secret to found one")
      }
      found = try own.userData(UserDataKey.referrer).flatMap { Fixed32($0) } ?? own.key
      local = own
    }
    self.key = found
    self.local = local
    if let known = try local?.userData(UserDataKey.encryption).flatMap({ Fixed32($0) }) {
      encryptionKey = known
    } else {
      switch encryption {
      case .remembered: encryptionKey = nil
      case .key(let key): encryptionKey = key
      case .ownKey: encryptionKey = Fixed32(try storage.keyPair(named: UserDataKey.encryption).secretKey[..<32])
      }
    }
    if !storage.isReadOnly { try remember(storage, isGiven: key != nil || keyPair != nil) }
  }

  private static func local(of bootstrap: any WriterLog, _ storage: any BaseStorage) throws -> any LocalLog {
    if let remembered = try bootstrap.userData(UserDataKey.local).flatMap({ Fixed32($0) }) {
      return try storage.local(key: remembered)
    }
    let log = try storage.local(key: bootstrap.key)
    // Without any secret, the bootstrap log only keeps the state beside it.
    return try log.keyPair == nil ? storage.defaultLocal() ?? log : log
  }

  private func remember(_ storage: any BaseStorage, isGiven: Bool) throws {
    guard let local else { return }
    let bootstrap = try storage.writer(key)
    if local.keyPair != nil { try bootstrap.remember(UserDataKey.local, local.key.bytes) }
    if isGiven {
      try bootstrap.remember(UserDataKey.referrer, key.bytes)
      try local.remember(UserDataKey.referrer, key.bytes)
    }
    guard let encryptionKey else { return }
    try local.remember(UserDataKey.encryption, encryptionKey.bytes)
    try bootstrap.remember(UserDataKey.encryption, encryptionKey.bytes)
  }
}

/// Which key a base is encrypted with, when the store does not remember one.
enum EncryptionChoice {
  case remembered
  case key(Fixed32)
  /// One made from the store's secret.
  case ownKey
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
  ///   - isEncrypted: whether to make an encryption key from the store's secret when none is given or remembered.
  ///   - isReadOnly: whether to do without a local writer.
  ///   - options: settings.
  public convenience init(
    _ storage: any BaseStorage, _ application: any Application, key: Fixed32? = nil, keyPair: KeyPair? = nil,
    encryptionKey: Fixed32? = nil, isEncrypted: Bool = false, isReadOnly: Bool = false, options: Options = Options()
  ) throws {
    let encryption = encryptionKey.map { EncryptionChoice.key($0) } ?? (isEncrypted ? .ownKey : .remembered)
    func found() throws -> BaseIdentity {
      try BaseIdentity(storage: storage, key: key, keyPair: keyPair, encryption: encryption, isReadOnly: isReadOnly)
    }
    let identity = try storage.isReadOnly ? storage.read(found) : storage.write(found)
    try self.init(identity, storage: storage, application: application, options: options)
    try storage.isReadOnly ? storage.read(load) : storage.write(load)
  }

  /// Opens the base of a store.
  public convenience init(
    _ store: Corestore, _ application: any Application, key: Fixed32? = nil, keyPair: KeyPair? = nil,
    encryptionKey: Fixed32? = nil, isEncrypted: Bool = false, options: Options = Options()
  ) throws {
    try self.init(
      CorestoreStorage(store), application, key: key, keyPair: keyPair, encryptionKey: encryptionKey,
      isEncrypted: isEncrypted, options: options)
  }
}
