public import CompactEncoding

/// Number of a core in its storage.
public struct CoreID: Hashable, Sendable, RawRepresentable {
  /// The number.
  public let rawValue: UInt32
  /// The core with this number.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// Number of an area in its storage.
public struct AreaID: Hashable, Sendable, RawRepresentable {
  /// The number.
  public let rawValue: UInt32
  /// The area with this number.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A name of a core inside a namespace.
public struct Alias: Hashable, Sendable {
  /// Namespace of the store that gave the name; 32 zero bytes for the root.
  public var namespace: Fixed32
  /// The name as bytes; UTF-8 when it was text.
  public var name: [UInt8]

  /// A name in a namespace.
  public init(namespace: Fixed32, name: [UInt8]) {
    self.namespace = namespace
    self.name = name
  }
}

/// What is stored about a core that is new.
public struct NewCore: Sendable, Equatable {
  /// The core key: the hash of the manifest, or the public key of a compat core.
  public var key: Fixed32
  /// The name the core is announced and looked up under.
  public var discoveryKey: Fixed32
  /// The encoded manifest, nil until it is learned.
  public var manifest: [UInt8]?
  /// Public key of the key pair that writes the core here. Its secret key rests elsewhere.
  public var publicKey: Fixed32?

  /// A core with these properties.
  public init(key: Fixed32, discoveryKey: Fixed32, manifest: [UInt8]?, publicKey: Fixed32?) {
    self.key = key
    self.discoveryKey = discoveryKey
    self.manifest = manifest
    self.publicKey = publicKey
  }
}

/// What is stored about a core.
public struct CoreRecord: Sendable, Equatable {
  /// Its number.
  public let id: CoreID
  /// The core key.
  public let key: Fixed32
  /// The name the core is announced and looked up under.
  public let discoveryKey: Fixed32
  /// The encoded manifest, nil until it is learned.
  public var manifest: [UInt8]?
  /// Public key of the key pair that writes the core here.
  public var publicKey: Fixed32?
  /// Whether two conflicting signatures were seen, after which the core takes no more data.
  public var isFrozen: Bool
  /// The area of the default state. Static copies of a core share the area.
  public let area: AreaID

  /// A record as stored.
  public init(id: CoreID, new: NewCore, isFrozen: Bool = false, area: AreaID) {
    self.id = id
    key = new.key
    discoveryKey = new.discoveryKey
    manifest = new.manifest
    publicKey = new.publicKey
    self.isFrozen = isFrozen
    self.area = area
  }
}

/// The newest state of a log.
public struct Head: Sendable, Equatable {
  /// Counts truncations.
  public var fork: UInt64
  /// Number of blocks.
  public var length: UInt64
  /// Sum of the sizes of all blocks.
  public var byteLength: UInt64
  /// Tree hash at ``length``.
  public var rootHash: Fixed32
  /// The signature over fork, length and root hash; nil for an empty, unsigned or fully fixed log.
  public var signature: [UInt8]?
  /// When the head was written, in milliseconds since 1970; 0 when unknown.
  public var timestamp: UInt64

  /// A head with these fields.
  public init(
    fork: UInt64, length: UInt64, byteLength: UInt64, rootHash: Fixed32, signature: [UInt8]?, timestamp: UInt64 = 0
  ) {
    self.fork = fork
    self.length = length
    self.byteLength = byteLength
    self.rootHash = rootHash
    self.signature = signature
    self.timestamp = timestamp
  }
}

/// The prefix that a draft shares with another area.
public struct Dependency: Sendable, Equatable {
  /// The area that holds the prefix.
  public var area: AreaID
  /// Number of blocks of the prefix.
  public var length: UInt64

  /// The first `length` blocks of `area`.
  public init(area: AreaID, length: UInt64) {
    self.area = area
    self.length = length
  }
}

/// What is stored about one state of a core.
public struct Area: Sendable, Equatable {
  /// Its number.
  public let id: AreaID
  /// The core it belongs to.
  public let core: CoreID
  /// Name of a draft; nil for the default state.
  public let name: String?
  /// The newest state.
  public var head: Head
  /// The shared prefix of a draft.
  public var dependency: Dependency?
  /// Blocks 0 up to this index are all stored.
  public var contiguousLength: UInt64
  /// Some peer stores all blocks up to this index.
  public var remoteContiguousLength: UInt64

  /// A record as stored.
  public init(
    id: AreaID, core: CoreID, name: String?, head: Head, dependency: Dependency? = nil, contiguousLength: UInt64 = 0,
    remoteContiguousLength: UInt64 = 0
  ) {
    self.id = id
    self.core = core
    self.name = name
    self.head = head
    self.dependency = dependency
    self.contiguousLength = contiguousLength
    self.remoteContiguousLength = remoteContiguousLength
  }
}
