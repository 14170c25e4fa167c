import Autobase
import CompactEncoding
import ToolKit

/// The records that an order is written from.
protocol OrderRecords {
  /// Those of the logs.
  var passed: [StreamRecord] { get }
  /// Records of other types, to be passed on in front of the node that they came before.
  var others: [Checkout: [StreamRecord]] { get }
  /// Those that no node followed.
  var lastOthers: [StreamRecord] { get }
  /// The record of a node.
  func record(_ node: Checkout) -> StreamNode?
}

/// Writes an order as records of `hc-stream(5)`, or as lines for people.
struct OrderOutput {
  private let input: any OrderRecords
  private let keyText: (Fixed32) -> String

  init(_ input: any OrderRecords, keyText: @escaping (Fixed32) -> String) {
    self.input = input
    self.keyText = keyText
  }

  func writeRecords(_ order: NodeOrder, _ options: StreamOptions) throws {
    let stream = try StreamWriter(options)
    for record in input.passed { try stream.write(record) }
    var others = input.others
    try forEach(order) { index, item, indexed in
      guard var record = input.record(item.node) else { return }
      if !others.isEmpty, let before = others.removeValue(forKey: item.node) {
        for record in before { try stream.write(record) }
      }
      record.index = index
      record.indexed = indexed
      try stream.write(.node(record))
    }
    // In front of nodes that have no place, and behind all.
    for node in others.keys.sorted(by: { ($0.key, $0.length) < ($1.key, $1.length) }) {
      for record in others[node] ?? [] { try stream.write(record) }
    }
    for record in input.lastOthers { try stream.write(record) }
    try stream.end()
  }

  /// A line a node: place, whether it is final, writer and length, blocks left in its batch, and what it holds.
  func writeText(_ order: NodeOrder) throws {
    let output = Output.standard()
    var table = Table(
      ("", .right), ("", .left), ("writer", .left), ("length", .right), ("batch", .right), ("value", .left))
    forEach(order) { index, item, indexed in
      let value = item.value.map {
        Terminal.isText($0) ? Messages.escape(String(decoding: $0, as: UTF8.self)) : "\($0.count) bytes"
      }
      table.add(
        "\(index)", indexed ? "indexed" : "tip", keyText(item.node.key), "\(item.node.length)", "\(item.batch)",
        value ?? "ack")
    }
    try table.write(to: output)
    try output.flush()
  }

  private func forEach(_ order: NodeOrder, _ body: (UInt64, NodeOrder.Item, Bool) throws -> Void) rethrows {
    for (offset, item) in order.indexed.enumerated() { try body(UInt64(offset), item, true) }
    for (offset, item) in order.tip.enumerated() { try body(UInt64(order.indexed.count + offset), item, false) }
  }
}
