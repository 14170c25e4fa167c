import AutobaseClassic
import CompactEncoding
import JSON
import TestSupport
import Testing

@Suite struct BlockTests {
  @Test func `Blocks of both layouts decode and encode to themselves`() throws {
    let vectors = try Vectors.load("03-classic")
    var count = 0
    for entry in try vectors.list("cases") where entry["blocksAlpha9"] != nil {
      for block in try entry.list("blocksAlpha9").flatMap({ $0.array ?? [] }).map({ try $0.hex() }) {
        let again = try Alpha9Block(decoding: block).encoded()
        #expect(again == block || again == block.dropLast(), "\(Hex.encode(block))")
        count += 1
      }
      for block in try entry.list("blocksAlpha8").flatMap({ $0.array ?? [] }).map({ try $0.hex() }) {
        #expect(try Alpha8Block(decoding: block, role: .input).encoded() == block)
        count += 1
      }
    }
    #expect(count > 0)
  }
}
