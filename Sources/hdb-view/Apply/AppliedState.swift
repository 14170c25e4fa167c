import CompactEncoding
import HypercoreCrypto
import ToolKit

/// How far an order was applied to a view: kept beside the view's log, for the end and for places to go back to.
///
/// 8 bytes key: the number of nodes, big endian. Value: 32 bytes digest ‖ `uint` viewLength ‖ four lists of writers,
/// see ``Membership``.
struct AppliedState: Hashable {
  /// Number of nodes of the order.
  var nodes: UInt64 = 0
  /// Names these nodes: `H( digest before ‖ writer ‖ index in its log ‖ block )`, from 32 zero bytes on.
  var digest = Fixed32()
  /// Length of the view behind them.
  var viewLength: UInt64 = 0
  /// Who writes then.
  var membership = Membership()

  /// Counts a node in.
  mutating func add(_ node: StreamNode) {
    nodes += 1
    var hasher = Blake2b()
    hasher.update(digest)
    hasher.update(node.core)
    hasher.update(node.seq)
    hasher.update(node.block)
    digest = hasher.finalize32()
  }

  var key: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: nodes >> (56 - 8 * UInt64($0))) } }

  init() {}

  /// A stored state; nil when the key is none of this kind.
  init?(key: [UInt8], value: [UInt8]) throws(DecodingError) {
    guard key.count == 8 else { return nil }
    self = try AppliedState(decoding: value)
    nodes = key.reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension AppliedState: CompactEncodable, CompactDecodable {
  func measure(_ size: inout Size) {
    size.fixed32()
    size.uint(viewLength)
    membership.measure(&size)
  }

  func encode(into writer: inout Writer) {
    writer.fixed32(digest)
    writer.uint(viewLength)
    membership.encode(into: &writer)
  }

  init(from reader: inout Reader) throws(DecodingError) {
    digest = try reader.fixed32()
    viewLength = try reader.uint()
    membership = try reader.value()
  }
}
