import Hypercore
import HypercoreTestSupport
import JSON
import TestSupport
import Testing

@Suite struct FlatTreeTests {
  private static func file() throws -> JSON { try Vectors.load("01-flat-tree") }

  @Test func everySectionOfTheFileIsRead() throws {
    let sections = Set(try Self.file().object?.keys ?? [])
    #expect(sections == ["source", "table", "fullRoots", "patch", "futureRoots", "iterator"])
  }

  @Test func table() throws {
    let rows = try Self.file().list("table")
    #expect(!rows.isEmpty)
    for row in rows {
      let i = try row.number("i")
      #expect(try FlatTree.depth(i) == row.number("depth"), "\(i)")
      #expect(try FlatTree.offset(i) == row.number("offset"), "\(i)")
      #expect(FlatTree.index(depth: FlatTree.depth(i), offset: FlatTree.offset(i)) == i)
      #expect(try FlatTree.parent(i) == row.number("parent"), "\(i)")
      #expect(try FlatTree.sibling(i) == row.number("sibling"), "\(i)")
      let children = [FlatTree.leftChild(i), FlatTree.rightChild(i)].compactMap(\.self)
      #expect(try children == (row.optional("children") == nil ? [] : row.numbers("children")), "\(i)")
      #expect(try [FlatTree.leftSpan(i), FlatTree.rightSpan(i)] == row.numbers("spans"), "\(i)")
      if let count = row.optional("count") { #expect(try FlatTree.count(i) == count.number(), "\(i)") }
      if let leaves = row.optional("countLeaves") { #expect(try FlatTree.countLeaves(i) == leaves.number(), "\(i)") }
      if let next = row.optional("nextLeaf") { #expect(try FlatTree.nextLeaf(i) == next.number(), "\(i)") }
    }
  }

  @Test func fullRoots() throws {
    let rows = try Self.file().list("fullRoots")
    #expect(!rows.isEmpty)
    for row in rows {
      #expect(try FlatTree.fullRoots(length: try row.number("length")) == row.numbers("roots"))
    }
  }

  @Test func patch() throws {
    let rows = try Self.file().list("patch")
    #expect(!rows.isEmpty)
    for row in rows {
      #expect(try FlatTree.patch(from: try row.number("from"), to: try row.number("to")) == row.numbers("patch"))
    }
  }

  /// Nothing in the stack uses these: the inner nodes left of a last leaf that are not complete with it.
  @Test func futureRoots() throws {
    let rows = try Self.file().list("futureRoots")
    #expect(!rows.isEmpty)
    for row in rows {
      let index = try row.number("index")
      let roots = FlatTree.innerNodes(across: index / 2 + 1).filter { $0 < index }.sorted()
      #expect(try roots == row.numbers("roots"), "\(index)")
    }
  }

  @Test func iteratorVisitsTheRoots() throws {
    let walks = try Self.file().list("iterator")
    #expect(!walks.isEmpty)
    for walk in walks {
      #expect(try walk.text("op") == "for (ite=0; ite.fullRoot(to); ite.nextTree())")
      let visited = FlatTree.Roots(from: 0, to: try walk.number("to") / 2).map { root in
        [root, FlatTree.offset(root), FlatTree.countLeaves(root) * 2]
      }
      let expected = try walk.list("visited_index_offset_factor").map { try ($0.array ?? []).map { try $0.number() } }
      #expect(visited == expected)
    }
  }

  @Test func rootsExtendAnyLengthToAnyOther() {
    for from in 0...40 as ClosedRange<UInt64> {
      for to in from...41 {
        var position = from
        for root in FlatTree.Roots(from: from, to: to) {
          #expect(FlatTree.leftSpan(root) == 2 * position)
          position += FlatTree.countLeaves(root)
        }
        #expect(position == to)
      }
    }
  }

  @Test func hugeIndexesDoNotTrap() {
    for index in [UInt64.max, .max - 1, .max >> 1, 1 << 63, (1 << 63) - 1] {
      _ = (FlatTree.depth(index), FlatTree.parent(index), FlatTree.sibling(index), FlatTree.leftSpan(index))
      _ = (FlatTree.rightSpan(index), FlatTree.count(index), FlatTree.nextLeaf(index), FlatTree.leftChild(index))
    }
  }
}
