import Autobase
import CompactEncoding
import GraphDrawing
import HypercoreCrypto
import TestSupport

/// A key whose text begins with the letters of a name.
func key(_ name: String) -> Fixed32 {
  var bytes = Array(name.utf8.prefix(32))
  bytes += [UInt8](repeating: 0, count: 32 - bytes.count)
  return Fixed32(bytes) ?? Fixed32()
}

/// Names that read well: the letters of the key.
func readableNames(_ keys: [Fixed32]) -> NodeNames {
  NodeNames(keys) { key in
    String(decoding: key.bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

/// A small graph, written as lines: the writer, then the nodes that it refers to, then a value in quotation marks; without
/// one it is an ack.
struct WrittenGraph {
  var logs: [WriterMessages] = []
  private var lengths: [String: UInt64] = [:]

  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      let heads = words.dropFirst().filter { $0.contains(":") }.map { word in
        let parts = word.split(separator: ":")
        return Checkout(key: key(String(parts[0])), length: UInt64(parts[1]) ?? 0)
      }
      let value = words.dropFirst().first { !$0.contains(":") }
      logs.append(
        WriterMessages(
          key: key(words[0]), messages: [OplogMessage(heads: heads, value: value.map { Array($0.utf8) })]))
    }
  }

  func history(_ indexers: String...) throws -> OrderHistory {
    try OrderHistory(logs, epochs: [IndexerEpoch(indexers: indexers.map(key))])
  }
}

/// Writers that append and hear of each other: a graph made from a seed.
func randomLogs(seed: UInt64) -> (logs: [WriterMessages], indexers: [Fixed32]) {
  var generator = SeededGenerator(seed: seed)
  let count = Int.random(in: 1...14, using: &generator)
  let keys = (0..<count).map { _ in Fixed32(generator.bytes(32)) ?? Fixed32() }
  let indexers = Array(keys.prefix(Int.random(in: 1...count, using: &generator)))
  var known = [[UInt64]](repeating: [UInt64](repeating: 0, count: count), count: count)
  var seen = [[[UInt64]]](repeating: [], count: count)
  var logs: [WriterMessages] = []
  for _ in 0..<Int.random(in: 0...150, using: &generator) {
    let (a, b) = (Int.random(in: 0..<count, using: &generator), Int.random(in: 0..<count, using: &generator))
    if Int.random(in: 0..<3, using: &generator) > 0 {
      for k in 0..<count { known[a][k] = max(known[a][k], known[b][k]) }
    }
    func isSeen(_ k: Int) -> Bool {
      (0..<count).contains { j in j != k && known[a][j] > 0 && seen[j][Int(known[a][j]) - 1][k] >= known[a][k] }
    }
    let heads = (0..<count).filter { known[a][$0] > 0 && !isSeen($0) }
    let value: [UInt8]? =
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: nil
      case 1: []
      case 2: generator.bytes(Int.random(in: 1...300, using: &generator))
      case 3: Array("\u{1b}[2J\u{202e}<&\">\\日本語\u{0}\u{85}👩‍👩‍👧\u{fe0f}\n".utf8)
      default: Array("a value of some length, which is text".utf8)
      }
    logs.append(
      WriterMessages(
        key: keys[a],
        messages: [
          OplogMessage(heads: heads.map { Checkout(key: keys[$0], length: known[a][$0]) }, value: value)
        ]))
    known[a][a] += 1
    seen[a].append(known[a])
  }
  return (logs, indexers)
}

/// Calls `body` with the drawing, line by line.
func lines(_ draw: (_ line: (String) -> Void) -> Void) -> [String] {
  var lines: [String] = []
  draw { lines.append($0) }
  return lines
}
