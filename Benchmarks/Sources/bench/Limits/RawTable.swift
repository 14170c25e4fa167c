/// A sorted table of keys and values in SQLite, with as many further indexes as asked for: what a program would use that
/// wants neither history nor signatures.
final class RawTable {
  private let database: RawDatabase
  private let insertRow: RawStatement
  private let insertIndex: RawStatement
  private let selectRow: RawStatement
  private let selectByIndex: RawStatement
  private let scan: RawStatement
  private let begin: RawStatement
  private let commit: RawStatement

  init(_ path: String, durable: Bool = false) throws {
    database = try RawDatabase(path, durable: durable)
    try database.execute(
      """
      CREATE TABLE entries(key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
      CREATE TABLE indexes(key BLOB PRIMARY KEY, entry BLOB NOT NULL) WITHOUT ROWID;
      """)
    insertRow = try database.prepare("INSERT OR REPLACE INTO entries VALUES(?, ?)")
    insertIndex = try database.prepare("INSERT OR REPLACE INTO indexes VALUES(?, ?)")
    selectRow = try database.prepare("SELECT value FROM entries WHERE key = ?")
    selectByIndex = try database.prepare(
      "SELECT value FROM indexes JOIN entries ON entries.key = indexes.entry WHERE indexes.key >= ? "
        + "ORDER BY indexes.key LIMIT 1")
    scan = try database.prepare("SELECT value FROM entries ORDER BY key")
    begin = try database.prepare("BEGIN IMMEDIATE")
    commit = try database.prepare("COMMIT")
  }

  /// Runs `body` in one write transaction.
  func transaction(_ body: () throws -> Void) throws {
    try begin.run()
    try body()
    try commit.run()
  }

  func put(_ key: [UInt8], _ value: [UInt8]) throws { try run(insertRow, key, value) }
  func index(_ key: [UInt8], _ entry: [UInt8]) throws { try run(insertIndex, key, entry) }

  private func run(_ statement: RawStatement, _ first: [UInt8], _ second: [UInt8]) throws {
    try first.withUnsafeBytes { first in
      statement.bind(first, at: 1)
      try second.withUnsafeBytes {
        statement.bind($0, at: 2)
        try statement.run()
      }
    }
  }

  /// The value of a key.
  func get(_ key: [UInt8]) throws -> [UInt8]? { try first(selectRow, key) }
  /// The value of the first entry whose index key is at least `key`.
  func find(_ key: [UInt8]) throws -> [UInt8]? { try first(selectByIndex, key) }

  private func first(_ statement: RawStatement, _ key: [UInt8]) throws -> [UInt8]? {
    var value: [UInt8]?
    try key.withUnsafeBytes { key in
      statement.bind(key, at: 1)
      _ = try statement.rows { value = [UInt8]($0) }
    }
    return value
  }

  /// Copies out all values and returns how many there are.
  func readAll() throws -> Int { try scan.rows { keep([UInt8]($0)) } }
}
