import CompactEncoding
import Registry

/// Who writes the base at a place in its order, as far as the view depends on it: the operations of removed writers and
/// of strangers do nothing, and the last indexer cannot be removed.
///
/// The writer of the first node founds the base. An added indexer counts as one from its first node on.
struct Membership: Hashable {
  private(set) var members: Set<Fixed32> = []
  private var indexers: Set<Fixed32> = []
  /// Members that become indexers with their next node.
  private var pending: Set<Fixed32> = []
  /// Writers of whom a node was applied.
  private var known: Set<Fixed32> = []

  /// Takes note of a node.
  ///
  /// - Returns: whether its writer is a member.
  mutating func link(_ writer: Fixed32) -> Bool {
    if known.isEmpty { members.insert(writer) }
    guard members.contains(writer) else { return false }
    if known.isEmpty || pending.remove(writer) != nil { indexers.insert(writer) }
    known.insert(writer)
    return true
  }

  mutating func addIndexer(_ key: Fixed32) {
    members.insert(key)
    if known.contains(key) { indexers.insert(key) } else { pending.insert(key) }
  }

  mutating func remove(_ key: Fixed32) {
    members.remove(key)
    indexers.remove(key)
  }

  func isRemovable(_ key: Fixed32) -> Bool { indexers != [key] }
}

extension Membership: CompactEncodable, CompactDecodable {
  private static let parts: [any WritableKeyPath<Membership, Set<Fixed32>> & Sendable] = [
    \.members, \.indexers, \.pending, \.known,
  ]

  func measure(_ size: inout Size) {
    for part in Self.parts {
      size.uint(UInt64(self[keyPath: part].count))
      size.raw(32 * self[keyPath: part].count)
    }
  }

  func encode(into writer: inout Writer) {
    for part in Self.parts {
      writer.uint(UInt64(self[keyPath: part].count))
      for key in self[keyPath: part].sorted() { writer.fixed32(key) }
    }
  }

  init(from reader: inout Reader) throws(DecodingError) {
    for part in Self.parts {
      for _ in 0..<(try reader.count(minimumSize: 32)) { self[keyPath: part].insert(try reader.fixed32()) }
    }
  }
}

/// Lets the registry's rule change a ``Membership``.
final class MembershipHost: RegistryHost {
  var membership: Membership

  init(_ membership: Membership) { self.membership = membership }

  func addIndexer(_ key: Fixed32) { membership.addIndexer(key) }
  func removeWriter(_ key: Fixed32) { membership.remove(key) }
  func isRemovable(_ key: Fixed32) -> Bool { membership.isRemovable(key) }
}
