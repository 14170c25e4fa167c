import TestSupport
import Testing

@testable import Replication

/// Sparse sets against plain ones.
@Suite struct BlockSetTests {
  @Test(arguments: 0..<8 as Range<UInt64>) func randomOperations(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var bits = Bitfield()
    var plain: Set<UInt64> = []
    let end: UInt64 = 40_000
    for _ in 0..<60 {
      let start = UInt64.random(in: 0..<end, using: &random)
      let count = Bool.random(using: &random) ? 1 : UInt64.random(in: 0...10_000, using: &random)
      let range = start..<min(end, start + count)
      if Bool.random(using: &random) {
        bits.insert(range)
        plain.formUnion(range)
      } else {
        bits.remove(range)
        plain.subtract(range)
      }
      let word = UInt64.random(in: 0..<end / 64, using: &random)
      let expected = (UInt64(0)..<64).reduce(UInt64(0)) { $0 | (plain.contains(word * 64 + $1) ? 1 << $1 : 0) }
      #expect(bits.word(word) == expected)
    }
  }

  /// The mark moves over what is behind it; a drop below it forgets what is between.
  @Test(arguments: 0..<8 as Range<UInt64>) func marks(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var set = BlockSet()
    var plain: Set<UInt64> = []
    let end: UInt64 = 9_000
    for _ in 0..<60 {
      let start = UInt64.random(in: 0..<end, using: &random)
      let range = start..<min(end, start + UInt64.random(in: 1...1_500, using: &random))
      switch Int.random(in: 0..<5, using: &random) {
      case 0:
        if range.lowerBound < set.contiguous { plain.subtract(range.lowerBound..<set.contiguous) }
        set.remove(range)
        plain.subtract(range)
        plain.formUnion((range.lowerBound..<end).filter { set.bits.contains($0) })
      case 1:
        set.raise(to: range.count.isMultiple(of: 7) ? range.upperBound : 0)
        plain.formUnion(0..<set.contiguous)
      default:
        set.insert(range)
        plain.formUnion(range)
      }
      #expect(!plain.contains(set.contiguous))
      let probe = UInt64.random(in: 0..<end, using: &random)
      #expect(set.contains(probe) == plain.contains(probe))
      #expect(set.first(in: probe..<end) == (probe..<end).first { plain.contains($0) })
      let area = probe..<min(end, probe + 100)
      #expect(set.contains(area) == area.allSatisfy { plain.contains($0) })
    }
  }

  /// However much is claimed, memory is bounded.
  @Test func bounds() {
    var set = BlockSet(pageLimit: 16)
    set.insert(1_000..<1 << 50)
    #expect(set.bits.pages.count == 16)
    for index in UInt64(0)..<100 { set.insert((1 << 40) + index << 20..<(1 << 40) + index << 20 + 1) }
    #expect(set.bits.pages.count == 16)
    set.raise(to: 1 << 52)
    #expect(set.bits.isEmpty)
    #expect(set.contains((1 << 52) - 1))
    set.remove(5..<1 << 52)
    #expect(set.contiguous == 5)
  }

  @Test func wants() {
    var wants = RemoteWants()
    wants.insert(WantMessage(start: 64, length: 64))
    #expect(wants.contains(127..<128))
    #expect(!wants.contains(128..<129))
    wants.remove(WantMessage(start: 64, length: 64))
    #expect(!wants.contains(127..<128))
    wants.insert(WantMessage(start: 63, length: 64))
    #expect(wants.wantsAll)
    var many = RemoteWants()
    for index in UInt64(0)..<600 { many.insert(WantMessage(start: 32 * index, length: 32)) }
    #expect(many.wantsAll)
    var own = LocalWants()
    for index in UInt64(0)..<UInt64(LocalWants.limit) {
      #expect(own.insert(WantMessage(start: index * LocalWants.segment, length: LocalWants.segment)) == [])
    }
    #expect(own.insert(WantMessage(start: 0, length: LocalWants.segment)) == nil)
    let next = WantMessage(start: 1 << 50, length: LocalWants.segment)
    #expect(own.insert(next) == [WantMessage(start: 0, length: LocalWants.segment)])
    #expect(own.wants.count == LocalWants.limit)
  }
}
