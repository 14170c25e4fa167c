import ApplyProgram
import Testing

@Suite struct CodecTests {
  @Test func namesOfViews() {
    #expect(ApplySession.isName("view"))
    #expect(!ApplySession.isName("_system"))
  }
}
