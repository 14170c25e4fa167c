public import CompactEncoding
public import JSON

/// The first file of a backup, `manifest.json`: what it holds.
public struct BackupManifest: Sendable, Equatable {
  /// Marks the file.
  public static let format = "hypertools-backup"
  /// The version this program writes.
  public static let version = 1
  static let fileName = "manifest.json"
  /// Bytes of the largest manifest that is read.
  static let maximumSize: UInt64 = 64 << 20

  /// One log.
  public struct Log: Sendable, Equatable {
    /// The core key.
    public var key: Fixed32
    /// Number of blocks.
    public var length: UInt64
    /// Counts truncations.
    public var fork: UInt64
    /// The tree hash of the head.
    public var treeHash: Fixed32
  }

  /// One file.
  public struct File: Sendable, Equatable {
    /// `store.db`, or a name below `secrets/`.
    public var name: String
    /// Number of bytes.
    public var size: UInt64
    /// BLAKE2b-256 of its content.
    public var hash: Fixed32
  }

  /// Milliseconds since 1970.
  public var created: UInt64
  /// The program that wrote it.
  public var software: String
  /// The key of the registry; nil when there is none.
  public var base: Fixed32?
  /// The log of the node itself.
  public var local: Fixed32?
  /// All logs.
  public var logs: [Log]
  /// All files behind this one, in their order.
  public var files: [File]

  /// Whether the secrets of the store are among the files.
  public var hasSecrets: Bool { files.contains { $0.name != BackupManifest.storeName } }
  /// The node's own log.
  public var localLog: Log? { logs.first { $0.key == local } }

  /// Name of the database among the files.
  static let storeName = "store.db"
}

extension BackupManifest {
  /// The manifest as it is in the archive.
  public var json: JSON {
    var object = JSONObject([
      ("format", .string(Self.format)), ("version", .integer(Int64(Self.version))),
      ("created", .integer(Int64(clamping: created))), ("software", .string(software)),
    ])
    object["baseKey"] = base.map { .string($0.description) } ?? .null
    object["localKey"] = local.map { .string($0.description) } ?? .null
    object["logs"] = .array(
      logs.map {
        [
          "key": .string($0.key.description), "length": .integer(Int64(clamping: $0.length)),
          "fork": .integer(Int64(clamping: $0.fork)),
          "treeHash": .string($0.treeHash.description),
        ]
      })
    object["files"] = .array(
      files.map {
        ["name": .string($0.name), "size": .integer(Int64(clamping: $0.size)), "hash": .string($0.hash.description)]
      })
    return .object(object)
  }

  /// Reads a manifest.
  ///
  /// - Throws: ``BackupError/notABackup(detail:)``, ``BackupError/newer(found:supported:)``.
  package init(_ bytes: [UInt8]) throws(BackupError) {
    func bad(_ what: String) -> BackupError { .notABackup(detail: "its manifest has no \(what)") }
    guard let json = try? JSON(parsing: bytes), json["format"]?.string == Self.format,
      let version = json["version"]?.integer
    else { throw .notABackup(detail: "it has no manifest of one") }
    guard version <= Self.version else { throw .newer(found: Int(version), supported: Self.version) }
    func key(_ json: JSON?) -> Fixed32? { (json?.string).flatMap { Hex.decode($0) }.flatMap { Fixed32($0) } }
    guard let created = json["created"]?.unsigned else { throw bad("time") }
    self.created = created
    software = json["software"]?.string ?? ""
    base = key(json["baseKey"])
    local = key(json["localKey"])
    logs = []
    for log in json["logs"]?.array ?? [] {
      guard let core = key(log["key"]), let length = log["length"]?.unsigned, let fork = log["fork"]?.unsigned,
        let hash = key(log["treeHash"])
      else { throw bad("sound list of logs") }
      logs.append(Log(key: core, length: length, fork: fork, treeHash: hash))
    }
    files = []
    var names: Set<String> = []
    for file in json["files"]?.array ?? [] {
      guard let name = file["name"]?.string, let size = file["size"]?.unsigned, let hash = key(file["hash"]) else {
        throw bad("sound list of files")
      }
      let secret = name.hasPrefix("secrets/") ? name.dropFirst("secrets/".count) : ""
      guard name == Self.storeName || (!secret.isEmpty && secret.utf8.allSatisfy(Self.isPlain) && size <= 64),
        names.insert(name).inserted
      else { throw bad("sound list of files: \(name)") }
      files.append(File(name: name, size: size, hash: hash))
    }
    guard files.first?.name == Self.storeName else { throw bad("database") }
  }

  /// Whether a byte may be in the name of a secret.
  static func isPlain(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
