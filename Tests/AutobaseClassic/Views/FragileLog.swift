import AutobaseClassic
import CompactEncoding
import Hypercore

/// A log that can refuse to be written.
final class FragileLog: CausalLog, AppendableLog {
  struct Refusal: Error {}
  let inner: KeyedMemoryLog
  /// Appends that still work.
  var appends = Int.max
  init(_ inner: KeyedMemoryLog) { self.inner = inner }
  var key: Fixed32 { inner.key }
  var length: UInt64 { inner.length }
  var fork: UInt64 { inner.fork }
  func block(at index: UInt64) throws -> [UInt8] { try inner.block(at: index) }
  func snapshot() throws -> any ReadableLog { try inner.snapshot() }
  func truncate(to length: UInt64) throws { try inner.truncate(to: length) }
  func append(_ blocks: [[UInt8]]) throws -> UInt64 {
    appends -= 1
    guard appends >= 0 else { throw Refusal() }
    return try inner.append(blocks)
  }
}
