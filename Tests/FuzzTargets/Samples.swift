import CompactEncoding
import JSON
import TestSupport

/// What the vector files hold, as inputs to begin with.
enum Samples {
  /// The bytes that texts in hex in some vector files spell, each once, shortest first.
  static func bytes(in files: [String], limit: Int) throws -> [[UInt8]] {
    var found: Set<[UInt8]> = []
    for file in files {
      walk(try Vectors.load(file)) { value in
        guard let text = value.string, text.utf8.count <= 2 * limit, let bytes = Hex.decode(text) else { return }
        if !bytes.isEmpty { found.insert(bytes) }
      }
    }
    return found.sorted { ($0.count, $0.lexicographic) < ($1.count, $1.lexicographic) }
  }

  /// The texts of the objects and lists in some vector files that are not longer than `limit` bytes and that `accepts`
  /// takes, at most `count`, from the shortest to the longest.
  static func documents(
    in files: [String], limit: Int, count: Int = 100, accepts: (JSON) -> Bool = { _ in true }
  ) throws -> [[UInt8]] {
    var found: Set<[UInt8]> = []
    for file in files {
      walk(try Vectors.load(file)) { value in
        switch value {
        case .array, .object: break
        default: return
        }
        guard accepts(value) else { return }
        let text = value.utf8()
        if text.count <= limit { found.insert(text) }
      }
    }
    let sorted = found.sorted { ($0.count, $0.lexicographic) < ($1.count, $1.lexicographic) }
    let step = max(1, sorted.count / count)
    return stride(from: 0, to: sorted.count, by: step).map { sorted[$0] }
  }

  /// Calls `body` with a value and all that it holds.
  static func walk(_ value: JSON, _ body: (JSON) -> Void) {
    body(value)
    switch value {
    case .array(let items): for item in items { walk(item, body) }
    case .object(let object): for (_, member) in object { walk(member, body) }
    default: break
    }
  }
}

extension [UInt8] {
  /// The bytes in an order in which they sort as numbers of one length do.
  fileprivate var lexicographic: String {
    String(decoding: flatMap { [$0 >> 4, $0 & 15].map { $0 + 65 } }, as: UTF8.self)
  }
}
