public import CompactEncoding

/// A value that `apply` is called with.
public struct AppliedNode: Sendable, Hashable {
  /// The writer's core key.
  public let from: Fixed32
  /// 1-based position in the writer's log.
  public let length: UInt64
  /// The application's bytes.
  public let value: [UInt8]
  /// The heads the writer knew.
  public let heads: [Checkout]
  /// Whether its place is final. The same node may be applied again with another answer.
  public let isIndexed: Bool
  /// Whether a stranger wrote it, and it counts only if `apply` acknowledges or adds the writer.
  public let isOptimistic: Bool
}

/// Turns ordered nodes into views.
///
/// Must be deterministic and have no other effect than on the views and the host: the same node may be applied many
/// times, whenever the order of the tip changes.
public protocol Application: AnyObject {
  /// Names of the views, in the order in which they get their place in the system.
  var viewNames: [String] { get }
  /// Applies the values of one atomic batch.
  ///
  /// An application that must ask somebody first, and must not keep the store locked meanwhile, throws
  /// ``ApplyPending``: nothing of the update is stored then, and whoever drives the base tries again when the answer is
  /// there. Any other error ends the base: nothing of the update is stored. What makes no sense to the application should be
  /// ignored instead.
  func apply(_ nodes: [AppliedNode], _ host: ApplyHost) throws
}

/// An application that works on many batches at once, and so wants to know what comes.
public protocol ForesightedApplication: Application {
  /// Tells which atomic batches ``Application/apply(_:_:)`` will be called with next, in their order, as far as that is
  /// known before the first of them is applied: it may change what follows.
  func willApply(_ batches: [[AppliedNode]])
}

/// The application has no answer yet: see ``Application/apply(_:_:)``.
public struct ApplyPending: Error, Sendable, Hashable {
  /// The error.
  public init() {}
}

/// An application made of a closure.
public final class ClosureApplication: Application {
  public let viewNames: [String]
  private let body: ([AppliedNode], ApplyHost) throws -> Void

  /// An application with the given views.
  public init(views: [String], apply: @escaping ([AppliedNode], ApplyHost) throws -> Void) {
    viewNames = views
    body = apply
  }

  public func apply(_ nodes: [AppliedNode], _ host: ApplyHost) throws { try body(nodes, host) }
}
