import CompactEncoding
import HypercoreCrypto

extension ApplyResult {
  /// A result for people: what it appends and does, shortened.
  var text: String {
    var parts: [String] = []
    for append in appends {
      let blocks = append.blocks.prefix(4).map { Self.text($0) }.joined(separator: ", ")
      parts.append("\(append.view) += [\(blocks)\(append.blocks.count > 4 ? ", …" : "")]")
    }
    for call in calls { parts.append(Self.text(call)) }
    return parts.isEmpty ? "nothing" : parts.joined(separator: " and ")
  }

  private static func text(_ block: [UInt8]) -> String {
    let limit = 100
    if block.count <= limit, let text = String(validating: block, as: UTF8.self),
      !text.utf8.contains(where: { $0 < 32 })
    {
      return "\"\(text)\""
    }
    return Hex.encode(block.prefix(limit / 2)) + (block.count > limit / 2 ? "… (\(block.count) bytes)" : "")
  }

  private static func text(_ call: ApplyCall) -> String {
    switch call {
    case .addWriter(let key, let isIndexer):
      "add-writer \(KeyIdentifier.encode(key))\(isIndexer ? "" : " (no indexer)")"
    case .removeWriter(let key): "remove-writer \(KeyIdentifier.encode(key))"
    case .ackWriter(let key): "ack-writer \(KeyIdentifier.encode(key))"
    case .preferFastForward: "prefer-fast-forward"
    case .interrupt(let reason): "interrupt (\(reason))"
    }
  }
}
