import Autobase
import AutobaseClassic
import GraphDrawing
import ToolKit

/// Which part of an order is shown.
struct GraphWindow {
  var around: Checkout?
  var since: Int?
  /// How many nodes, or lines when it is folded; nil for all.
  var limit: Int?
  var isFolded: Bool

  /// The places of that part.
  func selection(_ order: some GraphSource, _ names: NodeNames) throws(ToolError) -> GraphSelection {
    let place = around.flatMap(order.position)
    if let around, place == nil { throw ToolError(.negative, "\(names(around)) is not in the order") }
    let range = range(count: order.count, place)
    guard isFolded else { return GraphSelection(range) }
    return GraphSelection(folding: range, of: order, lines: limit ?? order.count, landmark: around)
  }

  /// Says when enough of an order was read that comes from its end.
  func isEnough() -> (_ node: Checkout, _ index: Int) -> Bool {
    var (count, place): (Int?, Int?) = (nil, nil)
    return { node, index in
      if count == nil { count = index + 1 }
      if node == around { place = index }
      guard let count, around == nil || place != nil else { return false }
      return index <= range(count: count, place).lowerBound
    }
  }

  private func range(count: Int, _ place: Int?) -> Range<Int> {
    if isFolded { return min(since ?? 0, count)..<count }
    let limit = min(limit ?? count, count)
    if let place {
      let start = max(0, min(place - limit / 2, count - limit))
      return start..<start + limit
    }
    if let since { return min(since, count)..<min(count, min(since, count) + limit) }
    return count - limit..<count
  }
}
