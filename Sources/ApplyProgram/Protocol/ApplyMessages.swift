/// What `ab-linearize` says to a program.
public enum ApplyRequest: Sendable, Hashable {
  /// Comes first, and waits for ``ApplyReply/hello(_:)``.
  case hello(ApplyOffer)
  /// Nodes to be applied; waits for ``ApplyReply/answer(_:)``.
  case batch(ApplyBatch)
  /// The answer to ``ApplyReply/get(_:)``.
  case block(ApplyBlocks)
}

/// What a program says.
public enum ApplyReply: Sendable, Hashable {
  /// Comes first.
  case hello(ApplyHello)
  /// What the program wants done for the nodes of the batch.
  case answer(ApplyAnswer)
  /// Asks for blocks of a view, while a batch waits for its answer.
  case get(ApplyGet)
}

/// What nodes and views a program is to expect.
public enum ApplyMode: String, Sendable, Hashable, CaseIterable {
  /// A base with consensus: `ab-linearize follow`.
  case base
  /// A classic view: `ab-linearize view`.
  case classic
}

/// The first line to a program.
public struct ApplyOffer: Sendable, Hashable {
  /// The newest version of the protocol that is spoken.
  public var version: UInt64
  /// What the nodes are.
  public var mode: ApplyMode
  /// The views that the command line names; empty when it leaves that to the program.
  public var views: [String]

  /// An offer.
  public init(version: UInt64 = ApplyLimits.version, mode: ApplyMode, views: [String] = []) {
    self.version = version
    self.mode = mode
    self.views = views
  }
}

/// The first line of a program.
public struct ApplyHello: Sendable, Hashable {
  /// The version that the program speaks.
  public var version: UInt64
  /// How values stand in nodes.
  public var values: ApplyEncoding
  /// How blocks of views stand in batches, answers and blocks.
  public var blocks: ApplyEncoding
  /// Its views, in the order in which they get their place; nil when it leaves that to the command line.
  public var views: [String]?
  /// The most nodes it takes in one batch.
  public var limit: UInt64?

  /// What a program says first.
  public init(
    version: UInt64 = ApplyLimits.version, values: ApplyEncoding = .hex, blocks: ApplyEncoding? = nil,
    views: [String]? = nil, limit: UInt64? = nil
  ) {
    self.version = version
    self.values = values
    self.blocks = blocks ?? values
    self.views = views
    self.limit = limit
  }
}

/// Nodes in their order, and the state of the views before them.
public struct ApplyBatch: Sendable, Hashable {
  /// A view.
  public struct View: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Number of blocks.
    public var length: UInt64
    /// The last of them.
    public var last: [UInt8]?

    /// The state of a view.
    public init(name: String, length: UInt64, last: [UInt8]?) {
      self.name = name
      self.length = length
      self.last = last
    }
  }

  /// Counts the batches of this run from 1.
  public var id: UInt64
  /// Whether the views are not what the program's last answer led to: it forgets what it knows of them.
  public var isResuming: Bool
  /// All views, in their order.
  public var views: [View]
  /// The nodes.
  public var nodes: [ApplyNode]

  /// A batch.
  public init(id: UInt64, isResuming: Bool, views: [View], nodes: [ApplyNode]) {
    self.id = id
    self.isResuming = isResuming
    self.views = views
    self.nodes = nodes
  }
}

/// What a program wants done for a batch.
public struct ApplyAnswer: Sendable, Hashable {
  /// The batch, when the program says which one it means.
  public var id: UInt64?
  /// One for each node, in order.
  public var results: [ApplyResult]

  /// An answer.
  public init(id: UInt64? = nil, results: [ApplyResult]) {
    self.id = id
    self.results = results
  }
}

/// Asks for blocks of a view as it was before the batch.
public struct ApplyGet: Sendable, Hashable {
  /// The view; nil for the first.
  public var view: String?
  /// The first block.
  public var index: UInt64
  /// How many, at most.
  public var count: UInt64

  /// A question.
  public init(view: String? = nil, index: UInt64, count: UInt64 = 1) {
    self.view = view
    self.index = index
    self.count = count
  }
}

/// Blocks of a view.
public struct ApplyBlocks: Sendable, Hashable {
  /// The view.
  public var view: String
  /// The first block.
  public var index: UInt64
  /// The blocks from there on, fewer than were asked for when they are large; none behind the end.
  public var blocks: [[UInt8]]

  /// An answer.
  public init(view: String, index: UInt64, blocks: [[UInt8]]) {
    self.view = view
    self.index = index
    self.blocks = blocks
  }
}

/// Bounds of the protocol.
public enum ApplyLimits {
  /// The version of the protocol.
  public static let version: UInt64 = 1
  /// The longest line that a program may write.
  public static let lineByteCount = 64 << 20
  /// Nodes in a batch, at most.
  public static let nodeCount = 1024
  /// A batch ends with the node that brings its values to so many bytes.
  public static let batchByteCount = 1 << 20
  /// A block line ends with the block that brings it to so many bytes.
  public static let blocksByteCount = 1 << 20
  /// Blocks in a block line, at most.
  public static let blockCount: UInt64 = 4096
  /// Questions for blocks in one batch, at most.
  public static let getCount = 1 << 20
  /// Views, at most.
  public static let viewCount = 64
  /// Bytes in the name of a view, at most.
  public static let viewNameByteCount = 128
  /// The largest block.
  public static let blockByteCount = 15_728_640
  /// Bytes of standard error that are kept.
  public static let errorByteCount = 4096
}
