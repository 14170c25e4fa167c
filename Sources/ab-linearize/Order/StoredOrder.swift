import Autobase
import AutobaseClassic
import CompactEncoding
import Corestore
import Hypercore
import StoreToolKit
import ToolKit

/// The order of the base of a store, and the blocks of its nodes.
struct StoredOrder: OrderRecords {
  /// All nodes in their order.
  let order: NodeOrder
  private(set) var passed: [StreamRecord] = []
  private var records: [Checkout: StreamNode] = [:]
  var others: [Checkout: [StreamRecord]] { [:] }
  var lastOthers: [StreamRecord] { [] }

  /// Reads the base of a store, all at once: what is written may wait for whoever reads it, and the store must not.
  init(_ sources: LogSources) throws {
    let store = try sources.location.open(isReadOnly: true)
    let logs = try OpenLogs(sources, in: store)
    var blocks: [Checkout: StreamNode] = [:]
    order = try store.read {
      let order = NodeOrder(try sources.base.open(store).drawnHistory(.max))
      var inputs: [Fixed32: any CausalLog] = [:]
      for log in logs.inputs { inputs[log.key] = log }
      for item in order.indexed + order.tip {
        let key = item.node.key
        if inputs[key] == nil { inputs[key] = try logs.log(key) }
        guard let log = inputs[key] else { continue }
        let block = try log.block(at: item.node.length - 1)
        blocks[item.node] = StreamNode(
          core: key, seq: item.node.length - 1, fork: log.fork, block: block,
          heads: item.heads.map { StreamNode.Head(core: $0.key, length: $0.length) }, batch: item.batch,
          value: item.value, optimistic: (try? OplogMessage(decoding: block))?.optimistic ?? false)
      }
      return order
    }
    passed = logs.inputs.map { .core(StreamCore(core: $0.key, length: $0.length, fork: $0.fork)) }
    records = blocks
  }

  func record(_ node: Checkout) -> StreamNode? { records[node] }
}
