public import CompactEncoding
public import Hypercore

/// A log in an archive: its key, and the signed head that its blocks are checked against.
public struct ArchivedHead: Sendable, Equatable {
  /// The core key.
  public var key: Fixed32
  /// The name that the log had in the store it comes from.
  public var name: String?
  /// Who signs; nil for a log whose key is its only signer's.
  public var manifest: Manifest?
  /// The tree of the whole log.
  public var tree: MerkleTree
  /// The signature of the tree; nil for a log that its manifest fixes.
  public var signature: [UInt8]?
  /// Whether all blocks are in the archive.
  public var isComplete: Bool

  /// A head.
  public init(
    key: Fixed32, name: String? = nil, manifest: Manifest?, tree: MerkleTree, signature: [UInt8]?, isComplete: Bool
  ) {
    self.key = key
    self.name = name
    self.manifest = manifest
    self.tree = tree
    self.signature = signature
    self.isComplete = isComplete
  }

  /// Length and fork.
  public var state: ArchiveError.State { ArchiveError.State(length: tree.length, fork: tree.fork) }

  /// Why the key does not vouch for the head; nil when it does.
  var objection: String? {
    if let manifest, !manifest.matches(key) { return "the manifest is not that of the key" }
    // Nothing was ever signed about an empty log.
    if tree.length == 0 && tree.fork == 0 { return nil }
    return Verifier(key: key, manifest: manifest).accepts(tree, signature: signature) ? nil : "the signature is wrong"
  }
}

extension ArchivedHead: CompactCodable {
  private enum Flag {
    static let name: UInt8 = 1
    static let manifest: UInt8 = 2
    static let signature: UInt8 = 4
    static let complete: UInt8 = 8
    static let all: UInt8 = 15
  }

  private var flags: UInt8 {
    (name == nil ? 0 : Flag.name) | (manifest == nil ? 0 : Flag.manifest) | (signature == nil ? 0 : Flag.signature)
      | (isComplete ? Flag.complete : 0)
  }

  public func measure(_ size: inout Size) {
    size.byte()
    size.byte()
    size.fixed32()
    if let name { size.string(name) }
    if let manifest { size.buffer(manifest.encoded()) }
    size.uint(tree.fork)
    size.uint(tree.length)
    size.array(tree.roots)
    if let signature { size.buffer(signature) }
  }

  public func encode(into writer: inout Writer) {
    writer.uint8(HypercoreArchive.Kind.log)
    writer.uint8(flags)
    writer.fixed32(key)
    if let name { writer.string(name) }
    if let manifest { writer.buffer(manifest.encoded()) }
    writer.uint(tree.fork)
    writer.uint(tree.length)
    writer.array(tree.roots)
    if let signature { writer.buffer(signature) }
  }

  public init(from reader: inout Reader) throws(DecodingError) {
    guard try reader.uint8() == HypercoreArchive.Kind.log else { throw .invalid("it is no log") }
    let flags = try reader.uint8()
    guard flags & ~Flag.all == 0 else { throw .unknown(what: "flag", value: UInt64(flags & ~Flag.all)) }
    key = try reader.fixed32()
    name = flags & Flag.name != 0 ? try reader.string() : nil
    manifest = flags & Flag.manifest != 0 ? try Manifest(decoding: try reader.buffer()) : nil
    let fork = try reader.uint()
    let length = try reader.uint()
    let roots = try reader.array(of: TreeNode.self, minimumSize: 34)
    do { tree = try MerkleTree(roots: roots, length: length, fork: fork) } catch { throw .invalid("\(error)") }
    signature = flags & Flag.signature != 0 ? try reader.buffer() : nil
    isComplete = flags & Flag.complete != 0
  }
}
