public import Hypercore

/// Many proven blocks at once.
extension SQLiteStorage {
  /// Each entry is written once, with its block and all of its nodes.
  public func putEntries(_ blocks: [StoredBlock], nodes: [TreeNode], in area: AreaID) throws {
    guard !blocks.isEmpty || !nodes.isEmpty else { return }
    willWrite()
    let changes = changes(blocks, nodes)
    try checkEntries(to: changes[changes.count - 1].entry + 1)
    let stored = try storedNodes(of: changes, in: area)
    var first = 0
    var next = 0
    while first < changes.count {
      let entry = changes[first].entry
      var end = first
      while end < changes.count && changes[end].entry == entry { end += 1 }
      while next < stored.count && stored[next].entry < entry { next += 1 }
      var packed = next < stored.count && stored[next].entry == entry ? stored[next].nodes : []
      var block: StoredBlock?
      var isChanged = false
      for change in changes[first..<end] {
        if change.position < 0 {
          block = blocks[Int(-1 - change.position)]
        } else if PackedNodes.putIfAbsent(nodes[Int(change.position)], into: &packed) {
          isChanged = true
        }
      }
      try write(BlockID.make(area, entry), packed, isChanged: isChanged, block)
      first = end
    }
  }

  /// What is to be written: an entry, and the position of a node or, counted down from −1, of a block.
  private struct Change {
    let entry: UInt64
    let position: Int64
  }

  private func changes(_ blocks: [StoredBlock], _ nodes: [TreeNode]) -> [Change] {
    var changes: [Change] = []
    changes.reserveCapacity(blocks.count + nodes.count)
    for (position, block) in blocks.enumerated() {
      changes.append(Change(entry: block.index, position: -1 - Int64(position)))
    }
    for (position, node) in nodes.enumerated() {
      changes.append(Change(entry: FlatTree.entry(of: node.index), position: Int64(position)))
    }
    changes.sort { $0.entry < $1.entry }
    return changes
  }

  /// The nodes that are stored already in entries that are to be changed, ascending. Entries that lie close together
  /// are read in one go.
  private func storedNodes(of changes: [Change], in area: AreaID) throws -> [(entry: UInt64, nodes: [UInt8])] {
    var stored: [(entry: UInt64, nodes: [UInt8])] = []
    var first = 0
    while first < changes.count {
      var end = first + 1
      while end < changes.count && changes[end].entry - changes[end - 1].entry <= 8 { end += 1 }
      sql.nodesOfRange.bind(BlockID.make(area, changes[first].entry), at: 1)
      sql.nodesOfRange.bind(BlockID.make(area, changes[end - 1].entry) + 1, at: 2)
      defer { sql.nodesOfRange.reset() }
      while try sql.nodesOfRange.step() {
        stored.append((BlockID.index(sql.nodesOfRange.unsigned(0)), sql.nodesOfRange.bytes(1)))
      }
      first = end
    }
    return stored
  }

  private func write(_ id: UInt64, _ nodes: [UInt8], isChanged: Bool, _ block: StoredBlock?) throws {
    guard let block else {
      guard isChanged else { return }
      sql.putNodes.bind(id, at: 1)
      return try sql.putNodes.run(blob: nodes, at: 2)
    }
    sql.putEntry.bind(id, at: 1)
    var failure: StoreError?
    nodes.withUnsafeBytes { nodes in
      block.bytes.withUnsafeBytes { bytes in
        do throws(StoreError) { try sql.putEntry.run(nodes, at: 2, bytes, at: 3) } catch { failure = error }
      }
    }
    if let failure { throw failure }
  }
}

extension PackedNodes {
  /// Puts a node where none is stored.
  ///
  /// - Returns: whether there was none.
  static func putIfAbsent(_ node: TreeNode, into bytes: inout [UInt8]) -> Bool {
    guard bytes.withUnsafeBytes({ Self.node(node.index, in: $0) }) == nil else { return false }
    put(node, into: &bytes)
    return true
  }
}
