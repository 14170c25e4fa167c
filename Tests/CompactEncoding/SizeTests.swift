import CompactEncoding
import TestSupport
import Testing

@Suite struct SizeTests {
  @Test(arguments: [0, 0xfc, 0xfd, 0xffff, 0x10000, 0xffff_ffff, 0x1_0000_0000, maximumSafeInteger] as [UInt64])
  func uintRoundTrips(value: UInt64) throws {
    let bytes = Writer.bytes(count: uintSize(value)) { $0.uint(value) }
    var reader = Reader(bytes.span.bytes)
    #expect(try reader.uint() == value)
    #expect(reader.remaining == 0)
  }
}
