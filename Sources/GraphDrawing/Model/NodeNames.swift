public import Autobase
public import CompactEncoding

/// Short names of nodes: `KEY-PREFIX:LENGTH`, with as much of the key as tells writers apart; or `LABEL:LENGTH` of
/// writers that have a label.
public struct NodeNames: Sendable {
  /// The writers, by key.
  public let keys: [Fixed32]
  /// What writers are called instead of by their key.
  public let labels: [Fixed32: String]
  private let text: @Sendable (Fixed32) -> String
  /// How many characters of a key are shown.
  public let prefixLength: Int

  /// Names for the nodes of some writers.
  ///
  /// - Parameters:
  ///   - labels: what writers are called instead of by their key. Labels that two of them have are left out.
  ///   - text: a key in full.
  public init(
    _ keys: some Sequence<Fixed32>, labels: [Fixed32: String] = [:], text: @escaping @Sendable (Fixed32) -> String
  ) {
    self.keys = Set(keys).sorted()
    var counts: [String: Int] = [:]
    let escaped = labels.mapValues { DisplayText.escape($0) }
    for label in escaped.values { counts[label, default: 0] += 1 }
    self.labels = escaped.filter { counts[$0.value] == 1 && !$0.value.isEmpty }
    self.text = text
    let texts = self.keys.map { text($0) }.sorted()
    var longest = 4
    for (a, b) in zip(texts, texts.dropFirst()) {
      longest = max(longest, zip(a.utf8, b.utf8).prefix { $0 == $1 }.count + 1)
    }
    prefixLength = longest
  }

  /// A key in full.
  public func full(_ key: Fixed32) -> String { text(key) }

  /// The short name of a writer.
  public func callAsFunction(_ key: Fixed32) -> String { labels[key] ?? String(text(key).prefix(prefixLength)) }
  /// The short name of a node.
  public func callAsFunction(_ node: Checkout) -> String { "\(self(node.key)):\(node.length)" }
  /// The short names of nodes, with blanks between them.
  public func callAsFunction(_ nodes: [Checkout]) -> String { nodes.map { self($0) }.joined(separator: " ") }
  /// The short names of writers, with blanks between them.
  public func callAsFunction(_ keys: [Fixed32]) -> String { keys.map { self($0) }.joined(separator: " ") }
}
