public import CompactEncoding

/// What a peer answers: nodes that lead from what was asked for to a hash that the reader already trusts, or to a
/// signed head (spec 01 §10.3).
public struct Proof: Hashable, Sendable {
  /// A block and the siblings on its way up.
  public struct Block: Hashable, Sendable {
    /// Block index.
    public var index: UInt64
    /// The block's bytes.
    public var value: [UInt8]
    /// Siblings, from the leaf upwards.
    public var nodes: [TreeNode]

    /// A block.
    public init(index: UInt64, value: [UInt8], nodes: [TreeNode]) {
      self.index = index
      self.value = value
      self.nodes = nodes
    }
  }

  /// A node and the siblings on its way up.
  public struct Hash: Hashable, Sendable {
    /// Flat-tree index.
    public var index: UInt64
    /// The node itself, then siblings upwards.
    public var nodes: [TreeNode]

    /// A node.
    public init(index: UInt64, nodes: [TreeNode]) {
      self.index = index
      self.nodes = nodes
    }
  }

  /// The way to a byte offset.
  public struct Seek: Hashable, Sendable {
    /// The offset that was asked for.
    public var bytes: UInt64
    /// The node the offset leads to, then siblings upwards.
    public var nodes: [TreeNode]

    /// A way.
    public init(bytes: UInt64, nodes: [TreeNode]) {
      self.bytes = bytes
      self.nodes = nodes
    }
  }

  /// A newer head.
  public struct Upgrade: Hashable, Sendable {
    /// Number of blocks the reader said to know of.
    public var start: UInt64
    /// Number of blocks more.
    public var length: UInt64
    /// Subtrees that extend the reader's tree to start + length, left to right.
    public var nodes: [TreeNode]
    /// Subtrees that extend it further, to the head that is signed.
    public var additionalNodes: [TreeNode]
    /// Signature of the head; nil for a log that is exactly its prologue.
    public var signature: [UInt8]?

    /// A head.
    public init(
      start: UInt64, length: UInt64, nodes: [TreeNode], additionalNodes: [TreeNode] = [], signature: [UInt8]?
    ) {
      self.start = start
      self.length = length
      self.nodes = nodes
      self.additionalNodes = additionalNodes
      self.signature = signature
    }
  }

  /// Fork of the log the proof is of.
  public var fork: UInt64
  /// The block that was asked for.
  public var block: Block?
  /// The node that was asked for.
  public var hash: Hash?
  /// The way to the byte offset, as far as no other part contains it.
  public var seek: Seek?
  /// The head.
  public var upgrade: Upgrade?
  /// The manifest.
  public var manifest: Manifest?

  /// A proof of the given parts.
  public init(
    fork: UInt64, block: Block? = nil, hash: Hash? = nil, seek: Seek? = nil, upgrade: Upgrade? = nil,
    manifest: Manifest? = nil
  ) {
    self.fork = fork
    self.block = block
    self.hash = hash
    self.seek = seek
    self.upgrade = upgrade
    self.manifest = manifest
  }
}

extension Proof.Block: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.uint(index)
    size.buffer(value)
    size.array(nodes)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(index)
    writer.buffer(value)
    writer.array(nodes)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    index = try reader.uint()
    value = try reader.buffer()
    nodes = try reader.array(minimumSize: TreeNode.minimumSize)
  }
}

extension Proof.Hash: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.uint(index)
    size.array(nodes)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(index)
    writer.array(nodes)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    index = try reader.uint()
    nodes = try reader.array(minimumSize: TreeNode.minimumSize)
  }
}

extension Proof.Seek: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.uint(bytes)
    size.array(nodes)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(bytes)
    writer.array(nodes)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    bytes = try reader.uint()
    nodes = try reader.array(minimumSize: TreeNode.minimumSize)
  }
}

extension Proof.Upgrade: CompactEncodable, CompactDecodable {
  public func measure(_ size: inout Size) {
    size.uint(start)
    size.uint(length)
    size.array(nodes)
    size.array(additionalNodes)
    size.optionalBuffer(signature)
  }

  public func encode(into writer: inout Writer) {
    writer.uint(start)
    writer.uint(length)
    writer.array(nodes)
    writer.array(additionalNodes)
    writer.optionalBuffer(signature)
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    start = try reader.uint()
    length = try reader.uint()
    nodes = try reader.array(minimumSize: TreeNode.minimumSize)
    additionalNodes = try reader.array(minimumSize: TreeNode.minimumSize)
    signature = try reader.optionalBuffer()
  }
}
