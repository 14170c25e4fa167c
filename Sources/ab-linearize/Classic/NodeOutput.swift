import Autobase
import AutobaseClassic
import CompactEncoding
import Hypercore
import HypercoreCrypto
import JSON
import StoreToolKit
import ToolKit

/// Writes nodes of a causal stream or of a read stream: as records of `hc-stream(5)`, or as lines for people.
final class NodeOutput {
  private let logs: OpenLogs
  private let options: RecordOutputOptions
  private let lines: Output
  private let records: StreamWriter?
  private let clocks = ClockWriter()
  private var sources: [Fixed32: (log: any CausalLog, format: NodeFormat?)] = [:]
  private var labels: [Fixed32: String] = [:]
  private var labelWidth = 0

  init(_ logs: OpenLogs, _ options: RecordOutputOptions) throws {
    self.logs = logs
    self.options = options
    lines = Output.standard()
    records = options.text ? nil : try StreamWriter(lines, framing: options.stream.framing)
  }

  /// A node as it will be written.
  enum Item {
    case record(StreamNode)
    case line(String)
  }

  /// What will be written of a node; reads its block.
  ///
  /// - Parameter place: its place in the causal order, where it is known.
  func item(_ node: InputNode, place: CausalNode? = nil) throws -> Item {
    records == nil ? .line(line(node)) : .record(try record(node, place))
  }

  /// Writes a node.
  func write(_ item: Item) throws {
    switch item {
    case .record(let record): try records?.write(.node(record))
    case .line(let line): try lines.line(line)
    }
  }

  private func record(_ node: InputNode, _ place: CausalNode?) throws -> StreamNode {
    guard let (log, format) = try source(node.key) else { throw ClassicError.notAnInput(node.key) }
    let block = try log.block(at: node.seq)
    var record: StreamNode
    if format == .v7 {
      record = try StreamNode(core: node.key, seq: node.seq, fork: log.fork, block: block)
    } else {
      let heads = node.clock.entries.filter { $0.key != node.key }
      record = StreamNode(
        core: node.key, seq: node.seq, fork: log.fork, block: block,
        heads: heads.map { StreamNode.Head(core: $0.key, length: $0.seq + 1) }, batch: node.batch.rest + 1,
        value: node.value, optimistic: false)
    }
    record.extra["clock"] = clocks.json(node.clock)
    if let place {
      record.extra["prefix"] = clocks.json(place.clock)
      record.extra["operations"] = .integer(Int64(clamping: place.operations))
    }
    return record
  }

  private func source(_ key: Fixed32) throws -> (log: any CausalLog, format: NodeFormat?)? {
    if let source = sources[key] { return source }
    guard let log = logs.inputs.first(where: { $0.key == key }) else { return nil }
    sources[key] = (log, NodeFormat.detect(firstBlock: try log.block(at: 0))?.format)
    return sources[key]
  }

  /// Writer, length, value.
  private func line(_ node: InputNode) -> String {
    let value = node.value.map {
      Terminal.isText($0) ? Messages.escape(String(decoding: $0, as: UTF8.self)) : "\($0.count) bytes"
    }
    let name = "\(label(node.key)):\(node.seq + 1)"
    labelWidth = max(labelWidth, name.count)
    return name + String(repeating: " ", count: labelWidth - name.count + 2) + (value ?? "(no value)")
  }

  private func label(_ key: Fixed32) -> String {
    if let label = labels[key] { return label }
    let label = logs.label(key, hex: options.hex)
    labels[key] = label
    return label
  }

  /// Writes what has gathered.
  func flush() throws {
    try records?.flush()
    try lines.flush()
  }

  /// The stream is complete.
  func end() throws {
    try records?.end()
    try lines.flush()
  }
}
