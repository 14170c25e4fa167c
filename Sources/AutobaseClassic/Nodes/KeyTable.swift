import CompactEncoding
import Hypercore

/// The keys that a log in the newer layout has in full, by place and place by key.
///
/// It remembers a bounded number of keys. A key that is forgotten is read again, or, by a writer, written again.
final class KeyTable {
  private static let capacity = 1 << 16

  private let key: Fixed32
  private let log: any ReadableLog
  private var epoch: UInt64
  private var keys: [UInt64: [Fixed32]] = [:]
  private var places: [Fixed32: KeyPointer] = [:]
  private var count = 0

  init(key: Fixed32, log: any ReadableLog) {
    self.key = key
    self.log = log
    epoch = log.epoch
  }

  /// Forgets all when blocks may have been replaced.
  func validate() {
    guard log.epoch != epoch else { return }
    epoch = log.epoch
    forget()
  }

  private func forget() {
    keys.removeAll()
    places.removeAll()
    count = 0
  }

  /// The key at a place.
  ///
  /// - Parameter seq: the block that points there, for errors.
  func key(at pointer: KeyPointer, from seq: UInt64) throws -> Fixed32 {
    let list = try keys[pointer.seq] ?? load(pointer.seq, from: seq)
    guard pointer.offset < UInt64(list.count) else {
      throw ClassicError.malformed(
        key: key, seq: seq,
        reason: "it points to key \(pointer.offset) of block \(pointer.seq), which has \(list.count)")
    }
    return list[Int(pointer.offset)]
  }

  /// Where a key is, as far as it is remembered.
  func place(of key: Fixed32) -> KeyPointer? { places[key] }

  /// Notes the keys of a block.
  func note(_ list: [Fixed32], in seq: UInt64) {
    if count + list.count > KeyTable.capacity { forget() }
    keys[seq] = list
    count += max(list.count, 1)
    for (offset, key) in list.enumerated() { places[key] = KeyPointer(seq: seq, offset: UInt64(offset)) }
  }

  private func load(_ seq: UInt64, from source: UInt64) throws -> [Fixed32] {
    guard seq <= source else {
      throw ClassicError.malformed(key: key, seq: source, reason: "it points to a key in block \(seq), behind itself")
    }
    let list = try log.classicBlock(at: seq, of: key) { block throws(DecodingError) in try Alpha9Block.keys(of: block) }
    note(list, in: seq)
    return list
  }
}

extension ReadableLog {
  /// A block, with errors that name the log.
  func classicBlock(at seq: UInt64, of key: Fixed32) throws -> [UInt8] {
    do {
      return try block(at: seq)
    } catch LogError.blockNotAvailable {
      throw ClassicError.unavailable(key: key, seq: seq, length: length)
    }
  }

  /// What a block holds, with errors that name the log.
  func classicBlock<T>(
    at seq: UInt64, of key: Fixed32, _ decode: ([UInt8]) throws(DecodingError) -> T
  ) throws -> T {
    let block = try classicBlock(at: seq, of: key)
    do {
      return try decode(block)
    } catch {
      throw ClassicError.malformed(key: key, seq: seq, reason: error.description)
    }
  }
}
