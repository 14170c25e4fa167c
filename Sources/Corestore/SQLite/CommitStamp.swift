internal import CSQLite

/// What tells without a transaction that nobody has committed to a database: the header of the index of its
/// write-ahead log, in memory that all its users share.
///
/// The header carries a counter of commits, the end of the log and two random numbers that change when the log starts
/// anew. SQLite itself begins every read by comparing it; equal headers mean the same state of the database.
struct CommitStamp: Equatable {
  /// Counts commits, modulo 2^32.
  private let counter: UInt32
  private let low: SIMD4<UInt64>
  private let high: SIMD2<UInt64>

  /// The present header. A torn copy, taken while it changes, equals no other.
  init(_ index: UnsafeRawPointer) {
    var header: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
    withUnsafeMutableBytes(of: &header) {
      hypertools_wal_header(index, $0.baseAddress?.assumingMemoryBound(to: UInt64.self))
    }
    counter = withUnsafeBytes(of: header) { $0.load(fromByteOffset: 8, as: UInt32.self) }
    low = SIMD4(header.0, header.1, header.2, header.3)
    high = SIMD2(header.4, header.5)
  }

  /// Whether one commit, and no more, leads from `other` to this state.
  func isNext(after other: CommitStamp) -> Bool { counter == other.counter &+ 1 }
}
