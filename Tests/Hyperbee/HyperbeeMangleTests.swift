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
    }
  }
}
