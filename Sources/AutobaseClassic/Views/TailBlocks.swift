import CompactEncoding
import Hypercore

/// The entries that a view has in memory only, as blocks of an output. Made when one is read.
final class TailBlocks {
  private var blocks: [[UInt8]] = []

  /// The block at `index` of a view, which lies behind its trunk.
  ///
  /// The same object must be asked about one view only, and as long as nothing of it was replaced.
  func block(at index: UInt64, of state: ViewState, format: NodeFormat, order: [Fixed32]) throws -> [UInt8] {
    guard index >= state.trunkLength, index < state.length else {
      throw LogError.blockNotAvailable(index: index, length: state.length)
    }
    if blocks.count != state.nodes.count {
      let trunk = Prefix(state.trunk?.log, length: state.trunkLength)
      let coder = OutputCoder(trunk, key: state.trunk?.key ?? Fixed32(), newFormat: format)
      blocks = try coder.encode(state.nodes, order: order)
    }
    return blocks[Int(index - state.trunkLength)]
  }

  /// Forgets all blocks.
  func removeAll() { blocks = [] }

  /// The first blocks of a log.
  private final class Prefix: ReadableLog {
    private let log: (any ReadableLog)?
    let length: UInt64

    init(_ log: (any ReadableLog)?, length: UInt64) {
      self.log = log
      self.length = length
    }

    var fork: UInt64 { log?.fork ?? 0 }

    func block(at index: UInt64) throws -> [UInt8] {
      guard let log, index < length else { throw LogError.blockNotAvailable(index: index, length: length) }
      return try log.block(at: index)
    }

    func snapshot() throws -> any ReadableLog { Prefix(try log?.snapshot(), length: length) }
  }
}
