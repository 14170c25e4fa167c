import CompactEncoding
import Corestore
import Hypercore
import StoreToolKit
import ToolKit

/// A log that is read, and how far.
final class BlockSource: BlockOrigin {
  let log: Hypercore
  let text: String
  var key: Fixed32 { log.key }
  private let range: BlockRange
  /// Whether blocks that are not stored yet are waited for.
  private let waits: Bool
  private(set) var fork: UInt64 = 0
  var next: UInt64 = 0
  private(set) var end: UInt64 = 0

  init(_ log: Hypercore, as text: String, range: BlockRange, waits: Bool) {
    self.log = log
    self.text = text
    self.range = range
    self.waits = waits
  }

  /// The record that comes before the blocks.
  func record(name: String?) throws -> StreamCore {
    let head = try log.head()
    var record = StreamCore(core: key, length: head.length, fork: head.fork)
    record.name = name
    record.byteLength = head.byteLength
    record.manifest = log.manifest?.encoded()
    record.treeHash = head.rootHash
    record.signature = head.signature
    return record
  }

  /// Fixes the blocks to read, as the log is now.
  func start(in store: Corestore) throws {
    try store.read {
      fork = log.fork
      guard let blocks = range.resolve(length: log.length) else {
        throw ToolError(.negative, "\(text) has no such block: it has \(log.length) blocks")
      }
      (next, end) = (blocks.lowerBound, try stored(blocks))
    }
  }

  /// Takes up what happened since; true when blocks that were read are gone.
  func update(in store: Corestore) throws -> Bool {
    try store.read {
      end = try stored(min(next, log.length)..<log.length)
      guard log.fork != fork else { return false }
      fork = log.fork
      guard next > end else { return false }
      next = end
      return true
    }
  }

  /// The end of what can be read: the first block that is waited for, or the end of the blocks.
  private func stored(_ blocks: Range<UInt64>) throws -> UInt64 {
    guard waits, try !log.has(blocks) else { return blocks.upperBound }
    var end = max(blocks.lowerBound, min(log.contiguousLength, blocks.upperBound))
    while end < blocks.upperBound, try log.has(end) { end += 1 }
    return end
  }
}
