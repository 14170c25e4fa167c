/// Somebody who answers batches: a program, or two that are compared.
public protocol ApplyAnswering: AnyObject {
  /// The views, in their order.
  var views: [String] { get }
  /// The most nodes that are asked about in one line.
  var nodeLimit: Int { get }

  /// Has nodes applied.
  ///
  /// - Parameters:
  ///   - nodes: in their order. An atomic batch is in them as a whole.
  ///   - views: all views as they are before the first node, in the order of ``views``. What the answers append is
  ///     appended to them.
  ///   - isResuming: whether they are something else than what the last call left.
  /// - Returns: results for the first nodes, at least one: all of them, or up to one that may change which nodes follow.
  /// - Throws: ``ApplyProgramError``, and what reading the views throws.
  func answer(_ nodes: [ApplyNode], views: [ApplyView], isResuming: Bool) throws -> [ApplyResult]
}

extension ApplyAnswering {
  public var nodeLimit: Int { ApplyLimits.nodeCount }
}
