import CompactEncoding
import JSON
import TestSupport
import Testing

@testable import Autobase

/// A graph of a vector file.
struct Graph {
  struct Item {
    var writer: Int
    var length: UInt64
    var heads: [Checkout]
    var batch: UInt64
    var hasValue: Bool
    var isOptimistic: Bool
  }

  var keys: [Fixed32] = []
  var indexers: [Int] = []
  var items: [[UInt64]: Item] = [:]
  var arrival: [Item] = []

  init(_ json: JSON) throws {
    for key in try json.list("keys") { keys.append(try #require(Fixed32(key.hex()))) }
    indexers = try json.list("indexers").map { Int(try $0.number()) }
    for node in try json.list("nodes") {
      let list = try #require(node.array)
      let heads = try #require(list[2].array).map { try checkout($0) }
      let item = Item(
        writer: Int(try list[0].number()), length: try list[1].number(), heads: heads, batch: try list[3].number(),
        hasValue: try list[4].number() == 1, isOptimistic: try list[5].number() == 1)
      items[[UInt64(item.writer), item.length]] = item
    }
    for name in try json.list("arrival") {
      let place = try #require(name.array).map { try $0.number() }
      arrival.append(try #require(items[place]))
    }
    #expect(arrival.count == items.count)
  }

  func checkout(_ json: JSON) throws -> Checkout {
    Checkout(key: keys[Int(try #require(json[0]).number())], length: try #require(json[1]).number())
  }

  func linearizer(heads: [Checkout] = [], lengths: [UInt64]? = nil) -> Linearizer {
    let offsets = Dictionary(uniqueKeysWithValues: zip(keys, lengths ?? keys.map { _ in 0 }))
    let linearizer = Linearizer(indexers: indexers.map { keys[$0] }, heads: heads) { offsets[$0] ?? 0 }
    for key in keys { linearizer.open(key, offset: offsets[key] ?? 0) }
    return linearizer
  }

  func add(_ item: Item, to linearizer: Linearizer) throws {
    let window = try #require(linearizer.window(keys[item.writer]))
    #expect(window.length + 1 == item.length)
    linearizer.add(
      to: window, batch: item.batch, value: item.hasValue ? [1] : nil, heads: item.heads,
      isOptimistic: item.isOptimistic)
  }

  func name(_ node: Node) -> JSON {
    .array([.integer(Int64(keys.firstIndex(of: node.writer.key) ?? -1)), .integer(Int64(node.length))])
  }
}

func shift(_ update: Linearizer.Update) { for node in update.indexed { node.writer.shift() } }

@Suite struct LinearizerTests {
  /// Every step of every graph: what is shared, undone and newly indexed; the final order and its boundary.
  @Test func vectors() throws {
    let cases = try Vectors.load("03-dags").list("cases")
    var restarts = 0
    for item in cases {
      let name = try item.text("name")
      let graph = try Graph(item)
      let linearizer = graph.linearizer()
      var indexed: [JSON] = []
      var tip: [JSON] = []
      var steps: [JSON] = []
      for node in graph.arrival {
        try graph.add(node, to: linearizer)
        guard node.batch == 1 else { continue }
        let update = try #require(linearizer.update())
        let new = update.indexed.map { graph.name($0) }
        indexed += new
        tip = update.tip.map { graph.name($0) }
        steps.append([
          .integer(Int64(update.shared)), .integer(Int64(update.undo)), .integer(Int64(update.length)), .array(new),
        ])
        shift(update)
      }
      #expect(try steps == item.list("steps"), "\(name): steps")
      #expect(try indexed == item.list("indexed"), "\(name): indexed")
      #expect(try tip == item.list("tip"), "\(name): tip")
      if let restart = item["restart"] {
        try check(restart, of: graph, name)
        restarts += 1
      }
    }
    #expect(cases.count > 0 && restarts > 0)
  }

  /// A linearizer that starts behind an indexed prefix continues with the same order.
  private func check(_ restart: JSON, of graph: Graph, _ name: String) throws {
    let lengths = try restart.list("lengths").map { try $0.number() }
    let linearizer = graph.linearizer(heads: try restart.list("heads").map { try graph.checkout($0) }, lengths: lengths)
    for item in graph.arrival where item.length > lengths[item.writer] { try graph.add(item, to: linearizer) }
    let update = linearizer.update()
    #expect(try (update?.indexed ?? []).map { graph.name($0) } == restart.list("indexed"), "\(name): restart")
    #expect(try (update?.tip ?? []).map { graph.name($0) } == restart.list("tip"), "\(name): restart")
  }
}
