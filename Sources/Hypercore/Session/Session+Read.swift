internal import CompactEncoding

extension Hypercore: ReadableLog {
  /// The block at `index`, decrypted.
  ///
  /// - Throws: ``LogError/blockNotAvailable(index:length:)`` when it is not stored here.
  public func block(at index: UInt64) throws -> [UInt8] {
    guard let block = try get(index) else { throw LogError.blockNotAvailable(index: index, length: tree.length) }
    return block
  }

  /// The block at `index`, decrypted, or nil when it is not stored here.
  ///
  /// - Throws: ``SessionError/snapshotNotAvailable(index:)``, ``SessionError/closed(_:)``.
  public func get(_ index: UInt64) throws -> [UInt8]? {
    guard let stored = try storedBlock(index) else { return nil }
    return try encryption?.decrypt(stored, at: index) ?? stored
  }

  /// The block at `index` as it is stored and hashed, or nil when it is not stored here.
  public func storedBlock(_ index: UInt64) throws -> [UInt8]? {
    guard index <= maximumSafeInteger else { throw SessionError.invalidBlockIndex }
    return try read("get") { view in
      if frozen != nil && index >= view.tree.length { throw SessionError.snapshotNotAvailable(index: index) }
      return index < view.tree.length ? try view.block(at: index) : nil
    }
  }

  /// Whether a block is stored here.
  public func has(_ index: UInt64) throws -> Bool {
    try read("has") { view in index < view.tree.length ? try view.hasBlock(index) : false }
  }

  /// Whether all blocks of a range are stored here.
  public func has(_ range: Range<UInt64>) throws -> Bool {
    try read("has") { view in
      guard range.upperBound <= view.tree.length else { return false }
      if frozen == nil { return try state.hasBlocks(range) }
      return try range.allSatisfy { try view.hasBlock($0) }
    }
  }

  /// The block that holds a byte offset, and where in it; nil when the tree is not stored that far, or the offset
  /// lies behind the end.
  public func seek(bytes: UInt64) throws -> (index: UInt64, offset: UInt64)? {
    guard bytes <= maximumSafeInteger else { throw SessionError.invalidSeek }
    return try read("seek") { view in
      switch try view.tree.seek(bytes: bytes, padding: UInt64(padding), in: AnyNodeReader(view)) {
      case .found(let index, let offset): (index, offset)
      case .unresolved: nil
      }
    }
  }

  /// Offset of the first byte of a block, paddings not counted.
  public func byteOffset(of index: UInt64) throws -> UInt64 {
    try read("seek") { view in
      let offset = try view.tree.byteOffset(of: 2 * index, in: AnyNodeReader(view))
      return offset - min(offset, index * UInt64(padding))
    }
  }

  public func snapshot() throws -> any ReadableLog { try snapshotSession() }

  /// The fork, and above it the number of transactions that were undone. Snapshots do not change.
  public var epoch: UInt64 { tree.fork &+ (isSnapshot ? 0 : context.undoneTransactions << 40) }

  /// Runs `body` in one read transaction of the store, or in the one that is open.
  public func reading<R>(_ body: () throws -> R) throws -> R { try context.read(body) }

  /// A session that shows the log as it is now, whatever is appended or truncated later.
  public func snapshotSession() throws -> Hypercore {
    guard !isClosed else { throw SessionError.noSessionOnClosedCore }
    return try read("snapshot") { _ in
      Hypercore(
        core: core, state: state, frozen: try frozen ?? LogSnapshot(state), keyPair: keyPair, isReadOnly: true,
        encryption: encryption)
    }
  }

  // MARK: Small local values

  /// The value stored here under a key; it never leaves this store.
  public func userData(_ key: String) throws -> [UInt8]? {
    try read { _ in try context.storage.userData(key, in: core.record.area) }
  }

  /// Stores a value under a key; nil removes it. An equal value is not written again.
  public func setUserData(_ key: String, _ value: [UInt8]?) throws {
    try write("write") {
      guard try context.storage.userData(key, in: core.record.area) != value else { return }
      context.willChange()
      try context.storage.setUserData(key, value, in: core.record.area)
    }
  }

  /// All keys of user data.
  public func userDataKeys() throws -> [String] {
    try read { _ in try context.storage.userDataKeys(in: core.record.area) }
  }

  /// A value of an application's own table beside the log.
  public func local(_ key: [UInt8]) throws -> [UInt8]? {
    try read { _ in try context.storage.local(key, in: core.record.area) }
  }

  /// Stores a value in an application's own table beside the log; nil removes it.
  public func setLocal(_ key: [UInt8], _ value: [UInt8]?) throws {
    try write("write") {
      context.willChange()
      try context.storage.setLocal(key, value, in: core.record.area)
    }
  }

  /// Entries of an application's own table with a key of at least `lower` and below `upper`, ascending.
  public func locals(
    from lower: [UInt8] = [], to upper: [UInt8]? = nil, limit: Int = .max
  ) throws -> [(key: [UInt8], value: [UInt8])] {
    try read { _ in try context.storage.locals(from: lower, to: upper, in: core.record.area, limit: limit) }
  }
}

/// The nodes of any view, for functions that are generic over readers.
struct AnyNodeReader: NodeReader {
  let view: any LogView
  init(_ view: any LogView) { self.view = view }
  func node(at index: UInt64) throws -> TreeNode? { try view.node(at: index) }
}
