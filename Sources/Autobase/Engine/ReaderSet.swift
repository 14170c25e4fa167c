import CompactEncoding

/// The writers that are read into a graph.
struct ReaderSet {
  private var readers: [Fixed32: WriterReader] = [:]
  /// Their keys in the order in which they were opened.
  private(set) var keys: [Fixed32] = []

  subscript(key: Fixed32) -> WriterReader? { readers[key] }

  /// All readers in the order in which they were opened.
  var all: [WriterReader] { keys.compactMap { readers[$0] } }

  mutating func insert(_ reader: WriterReader) {
    readers[reader.key] = reader
    keys.append(reader.key)
  }

  mutating func remove(_ removed: Set<Fixed32>) {
    guard !removed.isEmpty else { return }
    for key in removed { readers[key] = nil }
    keys.removeAll { removed.contains($0) }
  }
}

extension ReaderSet {
  /// Adds all nodes that are here with what they reference, up to about `limit` of them; returns how many.
  ///
  /// A writer that waits for another one is looked at again only when that one got nodes, so the work is proportional
  /// to the nodes and their references.
  ///
  /// - Parameter open: the reader of a key, opened and inserted into this set when it is new.
  static func load(
    _ ready: [Fixed32], into linearizer: Linearizer, limit: Int, known: () -> [Fixed32],
    open: (Fixed32) throws -> WriterReader
  ) throws -> Int {
    var ready = try ready.map { try open($0) }
    var waitedFor: [WriterReader] = []
    defer { for reader in waitedFor { reader.waiters.removeAll() } }
    var taken = 0
    while let reader = ready.popLast(), taken < limit {
      let before = taken
      loading: while taken < limit {
        let count = known().count
        let outcome = try reader.loadBatch(into: linearizer, open: open)
        let keys = known()
        if keys.count > count { ready += try keys[count...].map { try open($0) } }
        switch outcome {
        case .added(let nodes): taken += nodes
        case .waits(let head, let other):
          // Somebody has seen that much of it: it stays open until it is here.
          other.announcedLength = max(other.announcedLength, head.length)
          if other.waiters.isEmpty { waitedFor.append(other) }
          other.waiters.append(reader)
          break loading
        case .exhausted: break loading
        }
      }
      if taken > before, !reader.waiters.isEmpty {
        ready += reader.waiters
        reader.waiters.removeAll(keepingCapacity: true)
      }
    }
    return taken
  }
}
