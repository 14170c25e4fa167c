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
    var ready = ready
    var waiting: [Fixed32: [Fixed32]] = [:]
    var taken = 0
    while let writer = ready.popLast(), taken < limit {
      let reader = try open(writer)
      let before = taken
      loading: while taken < limit {
        let count = known().count
        let outcome = try reader.loadBatch(into: linearizer) { try open($0).window }
        let keys = known()
        if keys.count > count { ready += keys[count...] }
        switch outcome {
        case .added(let nodes): taken += nodes
        case .waits(let head):
          // Somebody has seen that much of it: it stays open until it is here.
          let other = try open(head.key)
          other.announcedLength = max(other.announcedLength, head.length)
          waiting[head.key, default: []].append(writer)
          break loading
        case .exhausted: break loading
        }
      }
      if taken > before, let writers = waiting.removeValue(forKey: writer) { ready += writers }
    }
    return taken
  }
}
