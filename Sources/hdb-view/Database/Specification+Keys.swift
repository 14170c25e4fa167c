import HyperDB
import IndexEncoder

extension Specification {
  /// Whether a key in the bee is that of a record, or of something this definition does not know, but of no index.
  func isRecord(_ key: [UInt8]) -> Bool {
    var reader = IndexKeyReader(key)
    guard let id = try? reader.uint() else { return true }
    return !database.definition.entries.contains { $0.id == id && $0.index != nil }
  }
}
