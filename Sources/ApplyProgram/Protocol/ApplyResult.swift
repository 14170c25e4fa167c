public import CompactEncoding

/// What a program wants done for one node.
public struct ApplyResult: Sendable, Hashable {
  /// Blocks for one view.
  public struct Append: Sendable, Hashable {
    /// The view.
    public var view: String
    /// Its new blocks.
    public var blocks: [[UInt8]]

    /// Blocks for a view.
    public init(view: String, blocks: [[UInt8]]) {
      self.view = view
      self.blocks = blocks
    }
  }

  /// What to append, in the order in which the program named the views.
  public var appends: [Append]
  /// What to do to the base, in order.
  public var calls: [ApplyCall]

  /// A result; an empty one is that of a node that changes nothing.
  public init(appends: [Append] = [], calls: [ApplyCall] = []) {
    self.appends = appends
    self.calls = calls
  }
}

/// What a program may do to a base, as `apply` in other languages through its host.
public enum ApplyCall: Sendable, Hashable {
  /// Adds a writer, or changes whether it is an indexer; the last indexer stays one.
  case addWriter(Fixed32, isIndexer: Bool)
  /// Removes a writer; without effect for the last indexer.
  case removeWriter(Fixed32)
  /// Lets the optimistic node of a stranger count.
  case ackWriter(Fixed32)
  /// Says that the program would rather go on from a signed state than apply what is missing.
  case preferFastForward
  /// Stops the base: it stays where it is until a program copes with this node.
  case interrupt(String)
}

extension ApplyCall {
  /// Whether it may change which nodes follow.
  var changesMembers: Bool {
    switch self {
    case .addWriter, .removeWriter, .ackWriter, .interrupt: true
    case .preferFastForward: false
    }
  }
}
