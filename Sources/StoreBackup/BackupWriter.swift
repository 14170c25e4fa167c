public import CompactEncoding
public import Corestore
internal import Glibc
internal import Hypercore
internal import HypercoreCrypto
internal import JSON
internal import ZstdFrames

/// Writes a backup of a store that others may be using.
public struct BackupWriter {
  /// What the backup is called by, besides its content.
  public struct Labels: Sendable {
    /// The key of the registry in the store.
    public var base: Fixed32?
    /// The log of the node itself.
    public var local: Fixed32?

    /// Labels.
    public init(base: Fixed32? = nil, local: Fixed32? = nil) {
      self.base = base
      self.local = local
    }
  }

  private static let chunkSize = 1 << 17

  private let store: Corestore
  private let directory: String
  private let temporaryFolder: String
  private let hasSecrets: Bool

  /// - Parameters:
  ///   - store: open for reading or writing.
  ///   - directory: the store's directory.
  ///   - temporaryFolder: where the snapshot rests meanwhile; needs as much space as the store has.
  ///   - hasSecrets: whether the secrets are part of it.
  public init(_ store: Corestore, directory: String, temporaryFolder: String, hasSecrets: Bool = false) {
    self.store = store
    self.directory = directory
    self.temporaryFolder = temporaryFolder
    self.hasSecrets = hasSecrets
  }

  /// Writes the backup.
  ///
  /// - Parameters:
  ///   - created: milliseconds since 1970.
  ///   - software: name and version of the program.
  ///   - labels: finds the labels in the snapshot.
  ///   - sink: takes the bytes of the archive.
  /// - Returns: what is in it.
  public func write(
    created: UInt64, software: String, labels: (Corestore) throws -> Labels,
    to sink: @escaping ([UInt8]) throws -> Void
  ) throws -> BackupManifest {
    let folder = try TemporaryFolder(in: temporaryFolder)
    defer { folder.remove() }
    let snapshot = folder.path + "/" + BackupManifest.storeName
    try store.writeSnapshot(to: snapshot)
    var manifest = try describe(folder.path, labels)
    manifest.created = created
    manifest.software = software
    var sources = [(name: BackupManifest.storeName, path: snapshot, mode: 0o644 as UInt32)]
    if hasSecrets {
      for name in try Self.names(in: directory + "/" + SecretDirectory.name) {
        sources.append((SecretDirectory.name + "/" + name, "\(directory)/\(SecretDirectory.name)/\(name)", 0o600))
      }
    }
    for source in sources {
      var hash = Blake2b()
      let size = try Self.read(source.path) { hash.update($0) }
      manifest.files.append(BackupManifest.File(name: source.name, size: size, hash: hash.finalize32()))
    }
    let frames = FrameWriter(sink)
    func put(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try frames.write($0) } }
    func put(_ name: String, _ size: UInt64, _ mode: UInt32) throws {
      try put(TapeHeader(name: name, size: size, mode: mode, time: created / 1000).encoded())
    }
    let text = manifest.json.utf8(indentation: 1) + [UInt8(ascii: "\n")]
    try put(BackupManifest.fileName, UInt64(text.count), 0o644)
    try put(text + [UInt8](repeating: 0, count: TapeHeader.padding(UInt64(text.count))))
    // Whoever reads finds out what it is without reading all of it.
    try frames.endFrame()
    for (source, file) in zip(sources, manifest.files) {
      try put(file.name, file.size, source.mode)
      guard try Self.read(source.path, put) == file.size else {
        throw BackupError.unsound(detail: "\(source.path) has changed")
      }
      try put([UInt8](repeating: 0, count: TapeHeader.padding(file.size)))
    }
    try put([UInt8](repeating: 0, count: 2 * TapeHeader.blockSize))
    try frames.finish()
    return manifest
  }

  private func describe(_ folder: String, _ labels: (Corestore) throws -> Labels) throws -> BackupManifest {
    let copy = try Corestore(directory: folder, options: StoreOptions(create: false, isReadOnly: true))
    let found = try labels(copy)
    return BackupManifest(
      created: 0, software: "", base: found.base, local: found.local, logs: try copy.headsOfLogs(), files: [])
  }

  private static func names(in folder: String) throws -> [String] {
    guard let stream = opendir(folder) else {
      throw BackupError.system(path: folder, operation: "read", code: errno)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      // Others are leftovers of a write that was cut off.
      if name.utf8.allSatisfy(BackupManifest.isPlain) { names.append(name) }
    }
    return names.sorted()
  }

  private static func read(_ path: String, _ body: ([UInt8]) throws -> Void) throws -> UInt64 {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw BackupError.system(path: path, operation: "read", code: errno) }
    defer { close(descriptor) }
    var size: UInt64 = 0
    var buffer = [UInt8](repeating: 0, count: chunkSize)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw BackupError.system(path: path, operation: "read", code: errno) }
      if count == 0 { return size }
      size += UInt64(count)
      try body(count == buffer.count ? buffer : Array(buffer[..<count]))
    }
  }
}

extension Corestore {
  /// What the manifest of a backup says of the logs, and a check that each head is signed rightly.
  func headsOfLogs() throws -> [BackupManifest.Log] {
    try read {
      try cores().map { record in
        let log = try get(key: record.key, isReadOnly: true)
        let head = try log.head()
        if head.length > 0 {
          let tree = try MerkleTree(roots: log.roots(), length: head.length, fork: head.fork)
          guard tree.hash == head.rootHash, log.verifier.accepts(tree, signature: head.signature) else {
            throw BackupError.unsound(detail: "the head of the log \(record.key) is not what was signed")
          }
        }
        return BackupManifest.Log(key: record.key, length: head.length, fork: head.fork, treeHash: head.rootHash)
      }
    }
  }
}
