import JSON
import Testing

@Suite struct JSONTests {
  @Test(arguments: [
    "null", "true", "[1,-2,0.5,1e+21,1.5e-7]", #"{"b":1,"a":[{}],"":"\"\\\/\b\u0001é😀"}"#, "9007199254740993",
  ])
  func writesWhatItReads(text: String) throws {
    let expected = text.replacing("\\/", with: "/")
    #expect(try JSON(parsing: text).text() == expected)
  }

  @Test(arguments: [
    "", "[1,]", "{\"a\"}", "01", "1.", "+1", "nul", "\"\u{1}\"", "\"\\ud800\"", "[1] 2", "{a:1}", "\"\\x\"", "1e999",
    String(repeating: "[", count: 300),
  ])
  func refuses(text: String) {
    #expect(throws: JSONError.self) { try JSON(parsing: text) }
  }

  @Test func surrogatePairsBecomeOneScalar() throws {
    #expect(try JSON(parsing: #""\ud83d\ude00""#) == "😀")
  }

  @Test func indentsLikeStringify() {
    let value: JSON = ["a": [1, 2], "b": [:], "c": []]
    #expect(value.text(indentation: 2) == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}")
  }

  @Test func memberOrderIsKept() throws {
    let value = try JSON(parsing: #"{"z":1,"a":2,"z":3}"#)
    #expect(value.text() == #"{"z":3,"a":2}"#)
  }
}
