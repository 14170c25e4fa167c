public import Autobase
public import CompactEncoding
public import ToolKit

extension StreamNode {
  /// The record of an oplog block.
  ///
  /// - Throws: `DecodingError` when the block is no oplog message.
  public init(core: Fixed32, seq: UInt64, fork: UInt64, block: [UInt8]) throws(DecodingError) {
    self.init(
      core: core, seq: seq, fork: fork, block: block, message: try OplogMessage(decoding: block))
  }

  /// The record of an oplog block that is decoded already.
  public init(core: Fixed32, seq: UInt64, fork: UInt64, block: [UInt8], message: OplogMessage) {
    self.init(
      core: core, seq: seq, fork: fork, block: block,
      heads: message.heads.map { Head(core: $0.key, length: $0.length) }, batch: message.batch, value: message.value,
      optimistic: message.optimistic ?? false)
  }
}
