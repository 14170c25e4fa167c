import Autobase
import HypercoreCrypto
import ToolKit

/// Tells of nodes that have no place.
enum LeftOver {
  /// Warns of each log that ends early.
  ///
  /// - Parameter unfinished: the first nodes of batches that are not complete.
  /// - Throws: `NegativeAnswer` when there is one.
  static func report(_ gaps: [NodeOrder.Gap], unfinished: [Checkout] = []) throws {
    for gap in gaps { Messages.warning(text(gap)) }
    for node in unfinished { Messages.warning(unreadable(text(node))) }
    if !gaps.isEmpty || !unfinished.isEmpty { throw NegativeAnswer() }
  }

  private static func text(_ gap: NodeOrder.Gap) -> String {
    let node = text(gap.node)
    if let missing = gap.missing { return "\(node) waits for \(text(missing)), which is not in the input" }
    if let unstored = gap.unstored {
      return "\(node) and what follows in its log cannot be placed: block \(unstored - 1) is not here"
    }
    return unreadable(node)
  }

  private static func text(_ node: Checkout) -> String { "node \(node.length) of \(KeyIdentifier.encode(node.key))" }

  private static func unreadable(_ node: String) -> String {
    "\(node) cannot be placed: its batch is incomplete or its heads are wrong"
  }
}
