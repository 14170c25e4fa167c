import FuzzTargets
import Glibc
import TestSupport
import Testing

/// Every input that is kept, through the decoder it was kept for: what the fuzzers found to matter, and what once broke
/// a decoder. No fuzzer is needed for that.
@Suite struct CorpusTests {
  /// The folder `Fuzz` of the checkout.
  private static let folder = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Fuzz"

  private static let names = FuzzTarget.all.map(\.name)

  @Test(arguments: names) func keptInputs(name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    var accepted = 0
    let paths = try Self.files("\(Self.folder)/Corpus/\(name)")
    for path in paths {
      do {
        if try target.run(readFile(path)) == .accepted { accepted += 1 }
      } catch {
        Issue.record("\(path): \(error)")
      }
    }
    #expect(!paths.isEmpty, "there is no corpus for \(name)")
    #expect(accepted > 0, "no input of \(name) is accepted: the target tries nothing")
  }

  @Test(arguments: names) func inputsThatOnceFailed(name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    for path in try Self.files("\(Self.folder)/Regressions/\(name)") {
      #expect(throws: Never.self, "\(path)") { try target.run(readFile(path)) }
    }
  }

  /// Inputs that belong to no target are tried by nobody.
  @Test func foldersAreThoseOfTargets() throws {
    for kind in ["Corpus", "Regressions"] {
      for path in try Self.entries("\(Self.folder)/\(kind)") {
        #expect(Self.names.contains { path.hasSuffix("/\($0)") }, "\(path) is no folder of a target")
      }
    }
  }

  @Test func namesDiffer() { #expect(Set(Self.names).count == Self.names.count) }

  /// Short inputs of any bytes, and none at all, towards everything.
  @Test(arguments: names) func shortInputs(name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    var random = SeededGenerator(seed: 1)
    for count in 0..<40 {
      let input = random.bytes(count)
      #expect(throws: Never.self, "\(input)") { try target.run(input) }
    }
  }

  private static func files(_ folder: String) throws -> [String] {
    try access(folder, F_OK) == 0 ? entries(folder) : []
  }

  /// The paths in a folder, in the order of their names.
  private static func entries(_ folder: String) throws -> [String] {
    guard let directory = opendir(folder) else { throw VectorError("cannot read the folder \(folder)") }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if !name.hasPrefix(".") { names.append("\(folder)/\(name)") }
    }
    return names.sorted()
  }
}
