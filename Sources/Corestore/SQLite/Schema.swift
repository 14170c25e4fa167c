/// The tables of `store.db`; the module's head comment describes them.
enum Schema {
  /// The version this program writes.
  static let version = 1

  /// Marks the file as a store of hypertools ("hypS").
  static let applicationID = 0x6879_7053

  static let create = """
    CREATE TABLE meta(
      key TEXT PRIMARY KEY,
      value BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE cores(
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      discovery_key BLOB NOT NULL UNIQUE,
      key BLOB NOT NULL,
      manifest BLOB,
      public_key BLOB,
      frozen INTEGER NOT NULL DEFAULT 0,
      area INTEGER NOT NULL
    );
    CREATE TABLE aliases(
      namespace BLOB NOT NULL,
      name BLOB NOT NULL,
      core INTEGER NOT NULL,
      PRIMARY KEY(namespace, name)
    ) WITHOUT ROWID;
    CREATE INDEX aliases_core ON aliases(core);
    CREATE TABLE areas(
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      core INTEGER NOT NULL,
      name TEXT,
      dependency_area INTEGER,
      dependency_length INTEGER,
      fork INTEGER NOT NULL,
      length INTEGER NOT NULL,
      byte_length INTEGER NOT NULL,
      root_hash BLOB NOT NULL,
      signature BLOB,
      timestamp INTEGER NOT NULL,
      contiguous_length INTEGER NOT NULL DEFAULT 0,
      remote_contiguous_length INTEGER NOT NULL DEFAULT 0
    );
    CREATE UNIQUE INDEX areas_draft ON areas(core, name) WHERE name IS NOT NULL;
    CREATE INDEX areas_dependency ON areas(dependency_area) WHERE dependency_area IS NOT NULL;
    CREATE TABLE blocks(
      id INTEGER PRIMARY KEY,
      nodes BLOB NOT NULL,
      value BLOB
    );
    CREATE TABLE user_data(
      area INTEGER NOT NULL,
      key TEXT NOT NULL,
      value BLOB NOT NULL,
      PRIMARY KEY(area, key)
    ) WITHOUT ROWID;
    CREATE TABLE local(
      area INTEGER NOT NULL,
      key BLOB NOT NULL,
      value BLOB NOT NULL,
      PRIMARY KEY(area, key)
    ) WITHOUT ROWID;
    """

  /// Steps from one version to the next: `migrations[v]` leads from v to v + 1. Each runs in its own transaction
  /// together with the new version number, so that a migration that was interrupted goes on where it stopped.
  static let migrations: [Int: String] = [:]
}
