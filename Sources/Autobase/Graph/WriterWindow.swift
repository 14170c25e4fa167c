import CompactEncoding

/// The nodes of one writer that are in the graph: those of lengths `offset + 1 … length` (spec 03 §3.1).
final class WriterWindow {
  /// The writer's core key, which also breaks ties.
  let key: Fixed32
  /// Its place among the active indexers; nil for everybody else.
  let indexer: Int?
  /// The clocks of its nodes.
  let clocks: ClockWindow

  private var nodes: [Node] = []
  private var start = 0

  init(key: Fixed32, offset: UInt64, indexer: Int? = nil) {
    self.key = key
    self.indexer = indexer
    clocks = ClockWindow(offset: offset)
  }

  deinit { clocks.deallocate() }

  /// Nodes up to this length were indexed and processed, and are gone.
  var offset: UInt64 { clocks.offset }
  /// Nodes up to this length are in the graph or were.
  var length: UInt64 { clocks.length }

  /// The newest node, while it is in the window.
  var newest: Node? { start < nodes.count ? nodes[nodes.count - 1] : nil }

  /// The node of that length, while it is in the window.
  func node(_ length: UInt64) -> Node? {
    let offset = offset
    guard length > offset, length - offset <= nodes.count - start else { return nil }
    return nodes[start + Int(length - offset) - 1]
  }

  /// Adds the node that follows the window. Its clock may still change.
  func push(_ node: Node) {
    precondition(node.length == length + 1, "a window grows by the next node")
    nodes.append(node)
    clocks.append(node.clock)
  }

  /// Drops the first node, which is indexed and processed.
  func shift() { take().unlink() }

  /// Takes out the first node, which is indexed and processed. Its references to other nodes stay until they are
  /// unlinked.
  func take() -> Node {
    precondition(start < nodes.count, "a window that is empty has no first node")
    let node = nodes[start]
    start += 1
    clocks.dropFirst()
    if start == nodes.count {
      nodes.removeAll(keepingCapacity: nodes.count < 256)
      start = 0
    } else if start >= 64 && start * 2 >= nodes.count {
      nodes.removeSubrange(..<start)
      start = 0
    }
    return node
  }

  /// Drops its nodes, which refer to it and to each other.
  func unlink() {
    for node in nodes { node.unlink() }
    clocks.removeAll()
    nodes.removeAll()
    start = 0
  }
}
