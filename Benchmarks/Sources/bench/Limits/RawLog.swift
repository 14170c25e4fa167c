/// The rows of an append to a log, as the store lays them out, written by nothing but SQLite: a row a block, one for the
/// page of tree nodes around it, and the head. Nothing is hashed, signed or checked.
final class RawLog {
  private let database: RawDatabase
  private let begin: RawStatement
  private let commit: RawStatement
  private let insertBlock: RawStatement
  private let putPage: RawStatement
  private let updateHead: RawStatement
  private let selectBlock: RawStatement
  private let block: [UInt8]
  private let page: [UInt8]
  private let head: [UInt8]
  private(set) var length = 0

  init(_ path: String, blockSize: Int, durable: Bool) throws {
    database = try RawDatabase(path, durable: durable)
    try database.execute(
      """
      CREATE TABLE blocks(id INTEGER PRIMARY KEY, value BLOB NOT NULL);
      CREATE TABLE nodes(id INTEGER PRIMARY KEY, page BLOB NOT NULL);
      CREATE TABLE heads(id INTEGER PRIMARY KEY, length INTEGER, value BLOB NOT NULL);
      INSERT INTO heads VALUES(1, 0, x'00');
      """)
    begin = try database.prepare("BEGIN IMMEDIATE")
    commit = try database.prepare("COMMIT")
    insertBlock = try database.prepare("INSERT INTO blocks VALUES(?, ?)")
    putPage = try database.prepare("INSERT OR REPLACE INTO nodes VALUES(?, ?)")
    updateHead = try database.prepare("UPDATE heads SET length = ?, value = ? WHERE id = 1")
    selectBlock = try database.prepare("SELECT value FROM blocks WHERE id = ?")
    block = Array(repeating: 0x61, count: blockSize)
    page = Array(repeating: 0x62, count: 4000)
    head = Array(repeating: 0x63, count: 128)
  }

  /// Appends `count` blocks in one transaction.
  func append(_ count: Int) throws {
    try begin.run()
    let firstPage = 2 * length / 100
    for _ in 0..<count {
      insertBlock.bind(length, at: 1)
      try block.withUnsafeBytes {
        insertBlock.bind($0, at: 2)
        try insertBlock.run()
      }
      length += 1
    }
    for index in firstPage...(2 * length - 1) / 100 {
      // A page holds up to 100 nodes of 40 bytes and grows in three steps.
      let nodes = min(100, 2 * length - 100 * index)
      let size = 40 * (nodes <= 10 ? 10 : nodes <= 30 ? 30 : 100)
      putPage.bind(index, at: 1)
      try page.withUnsafeBytes {
        putPage.bind(UnsafeRawBufferPointer(rebasing: $0[..<size]), at: 2)
        try putPage.run()
      }
    }
    updateHead.bind(length, at: 1)
    try head.withUnsafeBytes {
      updateHead.bind($0, at: 2)
      try updateHead.run()
    }
    try commit.run()
  }

  /// Reads a block, into an array as whoever asks for it needs it.
  func get(_ index: Int) throws -> [UInt8] {
    selectBlock.bind(index, at: 1)
    var value: [UInt8] = []
    _ = try selectBlock.rows { value = [UInt8]($0) }
    return value
  }

  /// Runs `body` within one transaction, so that no lock is taken for each statement.
  func transaction(_ body: () throws -> Void) throws {
    try database.execute("BEGIN")
    try body()
    try commit.run()
  }
}
