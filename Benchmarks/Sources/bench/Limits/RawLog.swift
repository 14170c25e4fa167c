/// The rows of an append to a log, as the store lays them out, written by nothing but SQLite: a row for a block and the
/// tree nodes that it completes, and the head. Nothing is hashed, signed or checked.
final class RawLog {
  private let database: RawDatabase
  private let begin: RawStatement
  private let commit: RawStatement
  private let insertBlock: RawStatement
  private let updateHead: RawStatement
  private let selectBlock: RawStatement
  private let block: [UInt8]
  private let nodes: [UInt8]
  private let head: [UInt8]
  private(set) var length = 0

  init(_ path: String, blockSize: Int, durable: Bool) throws {
    database = try RawDatabase(path, durable: durable)
    try database.execute(
      """
      CREATE TABLE blocks(id INTEGER PRIMARY KEY, nodes BLOB NOT NULL, value BLOB);
      CREATE TABLE heads(id INTEGER PRIMARY KEY, length INTEGER, value BLOB NOT NULL);
      INSERT INTO heads VALUES(1, 0, x'00');
      """)
    begin = try database.prepare("BEGIN IMMEDIATE")
    commit = try database.prepare("COMMIT")
    insertBlock = try database.prepare("INSERT OR REPLACE INTO blocks VALUES(?, ?, ?)")
    updateHead = try database.prepare("UPDATE heads SET length = ?, value = ? WHERE id = 1")
    selectBlock = try database.prepare("SELECT value FROM blocks WHERE id = ?")
    block = Array(repeating: 0x61, count: blockSize)
    nodes = Array(repeating: 0x62, count: 40 * 64)
    head = Array(repeating: 0x63, count: 128)
  }

  /// Appends `count` blocks in one transaction.
  func append(_ count: Int) throws {
    try begin.run()
    for _ in 0..<count {
      // A block completes its leaf, and one node more for each one bit at the end of its index.
      let size = 40 * (1 + (~length).trailingZeroBitCount)
      insertBlock.bind(length, at: 1)
      try nodes.withUnsafeBytes { nodes in
        insertBlock.bind(UnsafeRawBufferPointer(rebasing: nodes[..<size]), at: 2)
        try block.withUnsafeBytes {
          insertBlock.bind($0, at: 3)
          try insertBlock.run()
        }
      }
      length += 1
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
