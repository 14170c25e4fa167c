import Autobase
import GraphDrawing
import ToolKit

extension Autobase {
  /// The order of all nodes, with a warning where it does not begin with the first one.
  func drawnHistory(_ keptBytes: Int) throws -> OrderHistory {
    let history = try orderHistory(keptBytes: keptBytes)
    if history.systemLength > 0 {
      Messages.warning(
        "the base is not stored here from its beginning: places count from what was final at system length "
          + "\(history.systemLength)")
    }
    return history
  }
}

extension OrderHistory {
  /// Why a node has no place here.
  func noPlace(_ node: Checkout, _ names: NodeNames) -> ToolError {
    if isBeforeStart(node) {
      return ToolError(
        .negative, "\(names(node)) is final in a place before the first one here",
        hint: "a store that holds the base from its beginning tells which")
    }
    guard let gap = gaps.first(where: { $0.node.key == node.key && $0.node.length <= node.length }) else {
      return ToolError(.negative, "\(names(node)) is not here")
    }
    if let unstored = gap.unstored {
      return ToolError(
        .temporary, "\(names(node)) has no place: \(names(Checkout(key: node.key, length: unstored))) is not here",
        hint: "`hc-log replicate` fetches what others have")
    }
    guard let missing = gap.missing else {
      return ToolError(
        .negative, "\(names(node)) has no place: nothing of its log is read from length \(gap.node.length) on",
        hint: "the atomic batch there is incomplete, or its block is no message of this base")
    }
    return ToolError(
      .negative, "\(names(node)) has no place yet: \(names(gap.node)) waits for \(names(missing))")
  }
}
