public import Corestore
public import Hypercore

/// Reads blocks of a log in steps, each one read transaction, so that long reads neither see a moving log within a step
/// nor keep the store from cleaning up behind them.
public struct BlockReader {
  private let store: Corestore
  private let log: Hypercore
  private let step: UInt64 = 1024

  /// A reader of `log`, which belongs to `store`.
  public init(_ log: Hypercore, in store: Corestore) {
    self.log = log
    self.store = store
  }

  /// Calls `body` with each block of `range`, as far as the log reaches.
  ///
  /// - Returns: the index behind the last block read.
  @discardableResult
  public func forEach(_ range: Range<UInt64>, _ body: (UInt64, [UInt8]) throws -> Void) throws -> UInt64 {
    var next = range.lowerBound
    let fork = log.fork
    while next < range.upperBound {
      // Blocks are handed on outside of the transaction: writing them may wait for whoever reads the output.
      let blocks: [[UInt8]] = try store.read {
        guard log.fork == fork else { return [] }
        let end = min(range.upperBound, next + step, log.length)
        guard next < end else { return [] }
        var size = 0
        var blocks: [[UInt8]] = []
        for index in next..<end where size < 8 << 20 {
          let block = try log.block(at: index)
          size += block.count
          blocks.append(block)
        }
        return blocks
      }
      if blocks.isEmpty { break }
      for block in blocks {
        try body(next, block)
        next += 1
      }
    }
    return next
  }
}
