import CompactEncoding

extension MemoryStorage {
  /// How to take back one change: mostly what was there before. Values and not closures, of which a long transaction
  /// would have to allocate one for each block.
  enum Undo {
    case property(String, [UInt8]?)
    case insertedCore(Fixed32)
    indirect case core(Int, CoreRecord)
    indirect case alias(Alias, CoreID?)
    case insertedArea(AreaID)
    indirect case area(Area)
    indirect case deletedArea(Area, Content)
    case content(AreaID, Content.Change)
  }

  /// What an area holds.
  final class Content {
    /// How to take back one change of an area.
    enum Change {
      case block(UInt64, [UInt8]?)
      case node(UInt64, TreeNode?)
      /// Blocks from a number on, and nodes, that were not there.
      case appended(from: UInt64, count: Int, nodes: [TreeNode])
      case removed(blocks: [(index: UInt64, bytes: [UInt8])], nodes: [TreeNode])
      case userData(String, [UInt8]?)
      case local([UInt8], [UInt8]?)
    }

    var blocks = SparseTable<[UInt8]>()
    var nodes = SparseTable<TreeNode>()
    var userData: [String: [UInt8]] = [:]
    var local: [[UInt8]: [UInt8]] = [:]

    /// The same, which does not change with this one.
    func copy() -> Content {
      let copy = Content()
      (copy.blocks, copy.nodes, copy.userData, copy.local) = (blocks, nodes, userData, local)
      return copy
    }

    func takeBack(_ change: Change) {
      switch change {
      case .block(let index, let old): blocks[index] = old
      case .node(let index, let old): nodes[index] = old
      case .appended(let start, let count, let new):
        for index in (start..<start + UInt64(count)).reversed() { blocks[index] = nil }
        for node in new.reversed() { nodes[node.index] = nil }
      case .removed(let oldBlocks, let oldNodes):
        for block in oldBlocks { blocks[block.index] = block.bytes }
        for node in oldNodes { nodes[node.index] = node }
      case .userData(let key, let old): userData[key] = old
      case .local(let key, let old): local[key] = old
      }
    }

    /// The nodes of the entries in a range that are stored, in the order of their indexes.
    func nodeIndexes(ofEntries range: Range<UInt64>) -> [UInt64] {
      // A node is completed by its right-most leaf, so none of a range lies behind the last leaf of it. Those before the
      // first are parents that reach back.
      let range = range.clamped(to: 0..<nodes.upperBound)
      guard range.upperBound - range.lowerBound < UInt64(nodes.count) else {
        return nodes.indexes(in: 0..<nodes.upperBound).filter { range.contains(FlatTree.entry(of: $0)) }
      }
      var found: [UInt64] = []
      for entry in range {
        var (node, size) = (2 * entry, UInt64(1))
        while true {
          if nodes[node] != nil { found.append(node) }
          // The parent ends with this entry only while the entry is the right one of two.
          guard (entry / size) & 1 == 1 else { break }
          node -= size
          size *= 2
        }
      }
      return found.sorted()
    }
  }
}
