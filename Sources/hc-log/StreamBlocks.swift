import CompactEncoding
import HypercoreCrypto
import ToolKit

/// Takes the blocks of one log, or of one view, out of records of `hc-stream(5)`.
final class StreamBlocks: BlockInput {
  /// Whose blocks these are.
  private enum Source: Equatable, CustomStringConvertible {
    case log(Fixed32)
    case view(String)

    var description: String {
      switch self {
      case .log(let key): KeyIdentifier.encode(key)
      case .view(let name): "the view \(name)"
      }
    }
  }

  private var reader: StreamReader
  /// What the user chose; nil when there is to be one source.
  private let wanted: String?
  private let limit: Int
  private var source: Source?
  /// The index that the next block of the source must have; nil before the first one.
  private var next: UInt64?

  /// The blocks in the file at `path`.
  ///
  /// - Parameters:
  ///   - wanted: the key of the log, or the name of the view, that is meant.
  ///   - limit: the largest block that is taken.
  init(path: String, wanted: String?, limit: Int) throws(ToolError) {
    reader = try StreamReader(path: path)
    self.wanted = wanted
    self.limit = limit
  }

  func nextBatch(maximum: Int, bytes: Int) throws(ToolError) -> [[UInt8]] {
    var batch: [[UInt8]] = []
    var size = 0
    while batch.count < maximum, size < bytes {
      if !batch.isEmpty, !reader.isReady { break }
      guard let record = try reader.next() else { break }
      guard let block = try block(of: record) else { continue }
      size += block.count
      batch.append(block)
    }
    return batch
  }

  private func block(of record: StreamRecord) throws(ToolError) -> [UInt8]? {
    switch record {
    case .block(let block): try take(block.value, .log(block.core), block.seq)
    case .node(let node): try take(node.block, .log(node.core), node.seq)
    case .append(let append): try take(append.value, .view(append.view), append.seq)
    case .truncate(let truncation): try refuse(truncation)
    case .core, .view, .end, .other: nil
    }
  }

  private func take(_ block: [UInt8], _ source: Source, _ seq: UInt64) throws(ToolError) -> [UInt8]? {
    guard isWanted(source) else { return nil }
    if let first = self.source, first != source {
      throw ToolError(
        .usage, "the records hold blocks of \(first) and of \(source)", hint: "choose one of them with --from")
    }
    self.source = source
    if let next, next != seq {
      throw ToolError(.usage, "block \(seq) of \(source) follows where block \(next) should")
    }
    if block.count > limit {
      throw ToolError(.usage, "block \(seq) of \(source) has \(block.count) bytes, more than \(limit)")
    }
    next = seq + 1
    return block
  }

  /// A truncation takes back what may have been appended already.
  private func refuse(_ truncation: StreamTruncate) throws(ToolError) -> [UInt8]? {
    guard let source = truncation.core.map({ Source.log($0) }) ?? truncation.view.map({ Source.view($0) }),
      source == self.source, let next, truncation.length < next
    else { return nil }
    throw ToolError(
      .refused, "\(source) was truncated to \(truncation.length) blocks, and \(next) were read",
      hint: "what was appended is not taken back")
  }

  private func isWanted(_ source: Source) -> Bool {
    guard let wanted else { return true }
    switch source {
    case .log(let key): return (try? KeyIdentifier.decode(wanted)) == key
    case .view(let name): return name == wanted
    }
  }
}
