import CompactEncoding
import Hypercore

/// Rowids of blocks and node pages: the area in the high bits, the index in the low 40.
enum BlockID {
  static let indexBits: UInt64 = 40
  /// Indexes are below this.
  static let limit: UInt64 = 1 << indexBits

  static func make(_ area: AreaID, _ index: UInt64) -> UInt64 { UInt64(area.rawValue) << indexBits | index }
}

/// Tree nodes packed into pages, one row each, with the pages of the open transaction in memory.
///
/// An append writes some nodes close to each other, which as rows of their own would cost more than the block. A page
/// holds ``nodesPerPage`` nodes in 40 bytes each: size (8 bytes, little endian) and hash. A node that is not stored
/// is all zero. Trailing absent nodes may be cut off.
struct NodePages {
  static let nodesPerPage: UInt64 = 100
  static let nodeSize = 40
  /// Sizes to which pages grow, so that most appends replace a row by one of the same size.
  static let capacities = [10, 30, 100]
  private static let maximumCleanPages = 64

  private struct Page {
    var bytes: [UInt8]
    var isDirty: Bool
  }

  private var pages: [UInt64: Page] = [:]
  private var dirty: [UInt64] = []
  private var version: UInt64 = .max

  /// Drops what somebody else may have changed.
  mutating func validate(_ current: UInt64) {
    if version != current || pages.count > Self.maximumCleanPages { pages.removeAll(keepingCapacity: true) }
    version = current
  }

  mutating func didCommit(_ current: UInt64) { version = current }

  mutating func discard() {
    pages.removeAll()
    dirty.removeAll()
    version = .max
  }

  mutating func flush(_ sql: Statements) throws(StoreError) {
    for id in dirty {
      guard let page = pages[id] else { continue }
      sql.putPage.bind(id, at: 1)
      try sql.putPage.run(blob: page.bytes, at: 2)
      pages[id]?.isDirty = false
    }
    dirty.removeAll(keepingCapacity: true)
  }

  private static func position(_ area: AreaID, _ index: UInt64) -> (page: UInt64, offset: Int) {
    let (page, slot) = index.quotientAndRemainder(dividingBy: nodesPerPage)
    return (BlockID.make(area, page), Int(slot) * nodeSize)
  }

  private mutating func load(_ id: UInt64, _ sql: Statements) throws(StoreError) {
    guard pages[id] == nil else { return }
    sql.page.bind(id, at: 1)
    guard try sql.page.step() else {
      pages[id] = Page(bytes: [], isDirty: false)
      return
    }
    let bytes = sql.page.bytes(0)
    sql.page.reset()
    pages[id] = Page(bytes: bytes, isDirty: false)
  }

  mutating func node(_ index: UInt64, in area: AreaID, _ sql: Statements) throws(StoreError) -> TreeNode? {
    let (id, offset) = Self.position(area, index)
    try load(id, sql)
    guard let bytes = pages[id]?.bytes, offset + Self.nodeSize <= bytes.count else { return nil }
    return Self.node(index, in: bytes, at: offset)
  }

  static func node(_ index: UInt64, in bytes: [UInt8], at offset: Int) -> TreeNode? {
    let size = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
    guard let hash = Fixed32(bytes[offset + 8..<offset + 40]), hash != Fixed32() || size != 0 else { return nil }
    return TreeNode(index: index, size: UInt64(littleEndian: size), hash: hash)
  }

  mutating func put(_ nodes: [TreeNode], in area: AreaID, _ sql: Statements) throws(StoreError) {
    for node in nodes {
      let (id, offset) = Self.position(area, node.index)
      try load(id, sql)
      change(id, upTo: offset + Self.nodeSize) { bytes in
        bytes.withUnsafeMutableBytes { buffer in
          buffer.storeBytes(of: node.size.littleEndian, toByteOffset: offset, as: UInt64.self)
          node.hash.withUnsafeBytes { hash in
            UnsafeMutableRawBufferPointer(rebasing: buffer[offset + 8..<offset + 40]).copyMemory(from: hash)
          }
        }
      }
    }
  }

  private mutating func change(_ id: UInt64, upTo end: Int, _ body: (inout [UInt8]) -> Void) {
    guard var page = pages.removeValue(forKey: id) else { return }
    if page.bytes.count < end {
      let capacity = Self.capacities.first { $0 * Self.nodeSize >= end } ?? Int(Self.nodesPerPage)
      page.bytes.append(contentsOf: repeatElement(0, count: capacity * Self.nodeSize - page.bytes.count))
    }
    body(&page.bytes)
    if !page.isDirty {
      page.isDirty = true
      dirty.append(id)
    }
    pages[id] = page
  }

  mutating func delete(_ range: Range<UInt64>, in area: AreaID, _ sql: Statements) throws(StoreError) {
    guard !range.isEmpty else { return }
    let first = range.lowerBound / Self.nodesPerPage
    let last = (range.upperBound - 1) / Self.nodesPerPage
    // Whole pages inside the range go as rows.
    let firstWhole = range.lowerBound % Self.nodesPerPage == 0 ? first : first + 1
    let endWhole = range.upperBound % Self.nodesPerPage == 0 ? last + 1 : last
    if firstWhole < endWhole {
      let (lower, upper) = (BlockID.make(area, firstWhole), BlockID.make(area, 0) + endWhole)
      for id in pages.keys where id >= lower && id < upper { pages[id] = nil }
      sql.deletePages.bind(lower, at: 1)
      sql.deletePages.bind(upper, at: 2)
      try sql.deletePages.run()
      dirty.removeAll { $0 >= lower && $0 < upper }
    }
    for page in Set([first, last]) where page < firstWhole || page >= endWhole {
      let id = BlockID.make(area, page)
      try load(id, sql)
      let start = page * Self.nodesPerPage
      let from = Int(max(range.lowerBound, start) - start) * Self.nodeSize
      let to = min(
        Int(min(range.upperBound, start + Self.nodesPerPage) - start) * Self.nodeSize, pages[id]?.bytes.count ?? 0)
      guard from < to else { continue }
      change(id, upTo: 0) { bytes in for position in from..<to { bytes[position] = 0 } }
    }
  }

  mutating func indexes(_ range: Range<UInt64>, in area: AreaID, _ sql: Statements) throws(StoreError) -> [UInt64] {
    guard !range.isEmpty else { return [] }
    try flush(sql)
    sql.pageIndexes.bind(BlockID.make(area, range.lowerBound / Self.nodesPerPage), at: 1)
    sql.pageIndexes.bind(BlockID.make(area, 0) + (range.upperBound - 1) / Self.nodesPerPage + 1, at: 2)
    var numbers: [UInt64] = []
    while try sql.pageIndexes.step() { numbers.append(sql.pageIndexes.unsigned(0) & (BlockID.limit - 1)) }
    var indexes: [UInt64] = []
    for number in numbers {
      let start = number * Self.nodesPerPage
      for index in max(start, range.lowerBound)..<min(start + Self.nodesPerPage, range.upperBound) {
        if try node(index, in: area, sql) != nil { indexes.append(index) }
      }
    }
    return indexes
  }
}
