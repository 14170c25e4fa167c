import Hyperbee
import Hypercore
import IndexEncoder
import TestSupport
import Testing

/// Blocks may come from anybody: whatever their bytes, reading and writing end, with a result or an error.
@Suite struct HyperbeeMangleTests {
  static func blocks() throws -> [[UInt8]] {
    var random = SeededGenerator(seed: 7)
    let log = MemoryLog()
    let bee = Hyperbee(log)
    for _ in 0..<12 {
      let batch = try bee.batch()
      for _ in 0..<6 {
        let key = random.bytes(1)
        if random.next() % 4 == 0 { try batch.delete(key) } else { try batch.put(key, random.bytes(2)) }
      }
      try batch.flush()
    }
    return log.blocks
  }

  @Test func everyByteMangled() throws {
    let blocks = try HyperbeeMangleTests.blocks()
    // The newest blocks hold the root and the nodes that most walks meet.
    for block in blocks.indices.suffix(14) + [0, 1] {
      for offset in blocks[block].indices {
        for change in [0x01, 0x80, 0xff] as [UInt8] {
          var mangled = blocks
          mangled[block][offset] ^= change
          exercise(mangled)
        }
      }
    }
  }

  @Test(arguments: [1, 2] as [UInt64])
  func randomBlocks(seed: UInt64) throws {
    let blocks = try HyperbeeMangleTests.blocks()
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      var mangled = blocks
      for _ in 0..<3 {
        let block = Int(random.next() % UInt64(blocks.count))
        switch random.next() % 3 {
        case 0: mangled[block] = random.bytes(Int(random.next() % 40))
        case 1: mangled[block].removeLast(Int(random.next() % UInt64(mangled[block].count + 1)))
        default: mangled[block] = blocks[Int(random.next() % UInt64(blocks.count))]
        }
      }
      exercise(mangled)
    }
  }

  /// A node whose children are itself, and a pair of nodes that contain each other many times over.
  @Test func cyclesEnd() {
    let header = Header().encoded()
    let loop: [UInt8] = [
      0x0a, 0x0b, 0x0a, 0x09, 0x0a, 0x01, 0x01, 0x12, 0x04, 0x01, 0x00, 0x01, 0x00, 0x12, 0x01, 0x61,
    ]
    exercise([header, loop])
    let bee = Hyperbee(MemoryLog([header, loop]))
    #expect(throws: BeeError.self) { try bee.range().collect() }
    #expect(throws: BeeError.self) { try bee.count() }
    #expect(throws: BeeError.self) { try bee.get([0x62]) }
  }

  /// Well-formed blocks of trees that are none: keys and children anywhere, unbalanced, cyclic, over- and underfull.
  @Test(arguments: [31, 32, 33] as [UInt64])
  func randomTrees(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<600 {
      let count = 2 + random.next() % 12
      var blocks = [Header().encoded()]
      for sequence in 1..<count {
        var index: [UInt8] = []
        for _ in 0..<1 + random.next() % 4 { index += field(1, randomLevel(sequence, count, &random)) }
        let value: [UInt8] = random.next() % 4 == 0 ? [] : field(3, [1])
        blocks.append(field(1, index) + field(2, [UInt8(sequence * 10)] + random.bytes(1)) + value)
      }
      exercise(blocks)
      for version in 1..<count {
        _ = try? Hyperbee(MemoryLog(blocks)).diff(version).collect()
        _ = try? Hyperbee(MemoryLog(blocks)).checkout(version).range().collect()
      }
    }
  }

  /// Merging a leaf with an inner node would leave a node with too few children.
  @Test func unbalancedTreesCannotBeChanged() throws {
    let levels: [[UInt8]] = [
      field(1, [3]) + field(2, [5, 1, 5, 2]), field(1, [1]), field(1, [4]) + field(2, [5, 3, 5, 3]), field(1, [5]),
    ]
    var blocks = [Header().encoded()]
    for sequence in 1..<5 as Range<UInt8> { blocks.append(field(1, []) + field(2, [sequence * 10]) + field(3, [])) }
    blocks.append(field(1, levels.flatMap { field(1, $0) }) + field(2, [50]) + field(3, []))
    let bee = Hyperbee(MemoryLog(blocks))
    #expect(try bee.get([10]) != nil)
    #expect(throws: BeeError.self) { try bee.delete([10]) }
    #expect(try bee.get([10]) != nil)
    #expect(bee.log.length == UInt64(blocks.count))
  }

  /// Keys of blocks that may not exist, and children that fit them in number more often than not.
  func randomLevel(_ sequence: UInt64, _ count: UInt64, _ random: inout SeededGenerator) -> [UInt8] {
    let keys = (0..<random.next() % 11).map { _ in UInt8(random.next() % (count + 1)) }
    guard random.next() % 2 == 0 else { return field(1, keys) }
    let fitting = random.next() % 10 == 0 ? Int(random.next() % 12) : keys.count + 1
    let children = (0..<fitting).flatMap { _ in
      [UInt8(random.next() % 3 == 0 ? sequence : random.next() % count), UInt8(random.next() % 4)]
    }
    return (keys.isEmpty ? [] : field(1, keys)) + field(2, children)
  }

  /// A length-delimited field of up to 127 bytes, or up to 16383 with a length of two bytes.
  func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    let count = bytes.count
    return [number << 3 | 2] + (count < 128 ? [UInt8(count)] : [UInt8(count & 127) | 128, UInt8(count >> 7)]) + bytes
  }

  func exercise(_ blocks: [[UInt8]]) {
    let log = MemoryLog(blocks)
    let bee = Hyperbee(log)
    _ = try? bee.header()
    _ = try? bee.get([0x40])
    _ = try? bee.range().collect()
    _ = try? bee.range(KeyRange(gt: [0x20], lte: [0xa0]), reverse: true).collect()
    _ = try? bee.count()
    _ = try? bee.history().collect()
    _ = try? bee.diff(UInt64(blocks.count / 2)).collect()
    for key in [0x10, 0x40, 0x80, 0xf0] as [UInt8] {
      _ = try? bee.delete([key])
      _ = try? bee.put([key], [key])
      _ = try? bee.get([key])
    }
    guard let batch = try? bee.batch() else { return }
    for key in stride(from: UInt8(0), to: 250, by: 9) {
      _ = try? key % 2 == 0 ? batch.delete([key]) : batch.put([key], nil)
    }
    _ = try? batch.entries()
    _ = try? batch.flush()
  }
}
