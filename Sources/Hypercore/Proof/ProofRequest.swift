public import CompactEncoding

/// What a reader asks a peer to prove; any combination of parts (spec 01 §10.1).
public struct ProofRequest: Hashable, Sendable {
  /// A block or a node, and how far up the answer shall reach.
  public struct Target: Hashable, Sendable {
    /// Block index for ``ProofRequest/block``, flat-tree index for ``ProofRequest/hash``.
    public var index: UInt64
    /// Number of parents to climb: how many nodes on the way to a stored one the reader lacks, itself included
    /// (``MerkleTree/missingNodes(below:in:)``).
    public var nodes: UInt64

    /// A target.
    public init(index: UInt64, nodes: UInt64) {
      self.index = index
      self.nodes = nodes
    }
  }

  /// A byte offset to locate.
  public struct Seek: Hashable, Sendable {
    /// Bytes from the start of the log, paddings not counted.
    public var bytes: UInt64
    /// Bytes of every block that do not count.
    public var padding: UInt64

    /// A byte offset.
    public init(bytes: UInt64, padding: UInt64 = 0) {
      self.bytes = bytes
      self.padding = padding
    }
  }

  /// A range by which the reader's tree shall grow.
  public struct Upgrade: Hashable, Sendable {
    /// Number of blocks the reader knows of.
    public var start: UInt64
    /// Number of blocks more.
    public var length: UInt64

    /// A range.
    public init(start: UInt64, length: UInt64) {
      self.start = start
      self.length = length
    }
  }

  /// A block with its value. Wins over ``hash``.
  public var block: Target?
  /// A node without block.
  public var hash: Target?
  /// The way to a byte offset.
  public var seek: Seek?
  /// A newer head.
  public var upgrade: Upgrade?
  /// The manifest.
  public var manifest: Bool

  /// A request of the given parts.
  public init(
    block: Target? = nil, hash: Target? = nil, seek: Seek? = nil, upgrade: Upgrade? = nil, manifest: Bool = false
  ) {
    self.block = block
    self.hash = hash
    self.seek = seek
    self.upgrade = upgrade
    self.manifest = manifest
  }
}

extension ProofRequest.Target: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.uint(index)
    size.uint(nodes)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(index)
    writer.uint(nodes)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    self.init(index: try reader.uint(), nodes: try reader.uint())
  }
}

extension ProofRequest.Seek: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.uint(bytes)
    size.uint(padding)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(bytes)
    writer.uint(padding)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    self.init(bytes: try reader.uint(), padding: try reader.uint())
  }
}

extension ProofRequest.Upgrade: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.uint(start)
    size.uint(length)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(start)
    writer.uint(length)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    self.init(start: try reader.uint(), length: try reader.uint())
  }
}
