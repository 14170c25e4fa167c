internal import CSQLite
internal import CompactEncoding

/// A prepared statement, owned: it is finalized when it goes away.
///
/// Use: bind all parameters, then ``run()`` for a statement without rows, or step and read the columns and ``reset()``.
/// Bound bytes are borrowed, so they are bound by a closure that spans the execution (``run(blob:at:)``).
struct Statement: ~Copyable {
  let handle: OpaquePointer
  unowned let database: Database

  init(_ sql: String, in database: Database) throws(StoreError) {
    self.database = database
    handle = try database.prepare(sql)
  }

  deinit { sqlite3_finalize(handle) }

  borrowing func bind(_ value: Int64, at index: Int32) { sqlite3_bind_int64(handle, index, value) }
  borrowing func bind(_ value: UInt64, at index: Int32) {
    sqlite3_bind_int64(handle, index, Int64(bitPattern: value))
  }
  borrowing func bindNull(at index: Int32) { sqlite3_bind_null(handle, index) }

  /// Copies the bytes: for statements that are not on a hot path.
  borrowing func bind(_ bytes: [UInt8]?, at index: Int32) {
    guard let bytes else { return bindNull(at: index) }
    hypertools_bind_blob_copy(handle, index, bytes, Int32(bytes.count))
  }

  borrowing func bind(_ value: Fixed32?, at index: Int32) {
    guard let value else { return bindNull(at: index) }
    value.withUnsafeBytes { _ = hypertools_bind_blob_copy(handle, index, $0.baseAddress, 32) }
  }

  borrowing func bind(_ text: String?, at index: Int32) {
    guard var text else { return bindNull(at: index) }
    text.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) {
        _ = hypertools_bind_text(handle, index, $0.baseAddress, Int32($0.count))
      }
    }
  }

  /// Executes a statement that returns no row.
  borrowing func run() throws(StoreError) {
    let code = sqlite3_step(handle)
    sqlite3_reset(handle)
    guard code == SQLITE_DONE || code == SQLITE_ROW else { throw database.failure(code, "write") }
  }

  /// Executes a statement that returns no row with `bytes` bound in place, without a copy.
  borrowing func run(blob bytes: [UInt8], at index: Int32) throws(StoreError) {
    let code = bytes.withUnsafeBufferPointer { buffer in
      hypertools_bind_blob(handle, index, buffer.baseAddress, Int32(buffer.count))
      let code = sqlite3_step(handle)
      sqlite3_reset(handle)
      return code
    }
    guard code == SQLITE_DONE || code == SQLITE_ROW else { throw database.failure(code, "write") }
  }

  /// Executes a statement that returns no row with two blobs bound in place, without a copy.
  borrowing func run(
    _ first: UnsafeRawBufferPointer, at firstIndex: Int32, _ second: [UInt8], at secondIndex: Int32
  ) throws(StoreError) {
    hypertools_bind_blob(handle, firstIndex, first.baseAddress, Int32(first.count))
    try run(blob: second, at: secondIndex)
  }

  /// Executes a statement that returns no row with two blobs bound in place, without a copy.
  borrowing func run(
    _ first: UnsafeRawBufferPointer, at firstIndex: Int32, _ second: UnsafeRawBufferPointer, at secondIndex: Int32
  ) throws(StoreError) {
    hypertools_bind_blob(handle, firstIndex, first.baseAddress, Int32(first.count))
    hypertools_bind_blob(handle, secondIndex, second.baseAddress, Int32(second.count))
    try run()
  }

  /// Advances to the next row; false behind the last one, and then the statement is reset.
  borrowing func step() throws(StoreError) -> Bool {
    let code = sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    sqlite3_reset(handle)
    guard code == SQLITE_DONE else { throw database.failure(code, "read") }
    return false
  }

  borrowing func reset() { sqlite3_reset(handle) }

  borrowing func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
  borrowing func unsigned(_ column: Int32) -> UInt64 { UInt64(bitPattern: sqlite3_column_int64(handle, column)) }
  borrowing func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  borrowing func bytes(_ column: Int32) -> [UInt8] {
    let base = sqlite3_column_blob(handle, column)
    let count = Int(sqlite3_column_bytes(handle, column))
    guard let base, count > 0 else { return [] }
    return [UInt8](UnsafeRawBufferPointer(start: base, count: count))
  }

  /// Calls `body` with the bytes of a column, which last until the next step or reset.
  borrowing func withBytes<R>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    let base = sqlite3_column_blob(handle, column)
    return body(UnsafeRawBufferPointer(start: base, count: base == nil ? 0 : Int(sqlite3_column_bytes(handle, column))))
  }

  borrowing func optionalBytes(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : bytes(column) }

  borrowing func text(_ column: Int32) -> String {
    String(decoding: bytes(column), as: UTF8.self)
  }

  /// 32 bytes, or nil when the column is null. Another size means that the file is damaged.
  borrowing func fixed32(_ column: Int32) throws(StoreError) -> Fixed32? {
    if isNull(column) { return nil }
    guard let value = Fixed32(bytes(column)) else {
      throw .corrupt(path: database.path, detail: "a key or hash has \(bytes(column).count) bytes instead of 32")
    }
    return value
  }
}
