import Autobase
import CompactEncoding
import JSON
import TestSupport
import Testing

/// A graph of the recorded ones, with the order that was found.
struct RecordedGraph {
  let name: String
  let logs: [WriterMessages]
  let indexers: [Fixed32]
  let indexed: [Checkout]
  let tip: [Checkout]

  init(_ json: JSON) throws {
    name = try json.text("name")
    let keys = try json.list("keys").map { try #require(Fixed32($0.hex())) }
    func checkout(_ json: JSON) throws -> Checkout {
      Checkout(key: keys[Int(try #require(json[0]).number())], length: try #require(json[1]).number())
    }
    var messages: [Checkout: OplogMessage] = [:]
    for node in try json.list("nodes") {
      let heads = try #require(node[2]?.array).map(checkout)
      messages[try checkout(node)] = OplogMessage(
        heads: heads, batch: try #require(node[3]).number(), value: try #require(node[4]).number() == 1 ? [1] : nil,
        optimistic: try #require(node[5]).number() == 1)
    }
    logs = try json.list("arrival").map(checkout).map { node in
      WriterMessages(key: node.key, messages: [try #require(messages[node])])
    }
    indexers = try json.list("indexers").map { keys[Int(try $0.number())] }
    indexed = try json.list("indexed").map(checkout)
    tip = try json.list("tip").map(checkout)
  }
}
