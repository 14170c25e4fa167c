import CompactEncoding
import Hypercore

/// The entries that a view has in memory only, as blocks of an output. Made when one is read.
final class TailBlocks {
  private var blocks: [[UInt8]] = []
  private var encoder: OutputEncoder?

  /// The block at `index` of a view, which lies behind its trunk.
  ///
  /// The same object must be asked about one view only, and as long as nothing of it was replaced.
  func block(at index: UInt64, of state: ViewState, format: NodeFormat, order: [Fixed32]) throws -> [UInt8] {
    guard index >= state.trunkLength, index < state.length else {
      throw LogError.blockNotAvailable(index: index, length: state.length)
    }
    let offset = Int(index - state.trunkLength)
    if offset < blocks.count { return blocks[offset] }
    var encoder =
      try encoder
      ?? OutputEncoder(after: state.trunk, length: state.trunkLength, newFormat: format, order: order)
    while blocks.count <= offset { blocks.append(encoder.block(state.nodes[blocks.count])) }
    self.encoder = encoder
    return blocks[offset]
  }

  /// Forgets all blocks.
  func removeAll() {
    blocks = []
    encoder = nil
  }
}
