internal import CompactEncoding
public import Hypercore
internal import HypercoreCrypto
internal import ZstdFrames

/// Reads an archive from its first byte to its last, and checks everything in it.
public final class ArchiveReader {
  /// What an archive holds, in its order.
  public enum Item: Sendable {
    /// A log begins, whose head its key vouches for.
    case log(ArchivedHead)
    /// Blocks of it, which the head vouches for; `nodes` are those of the tree that were computed.
    case blocks(BlockSection, nodes: [TreeNode])
  }

  private let scanner: FrameScanner
  private var table = SeekTable()
  private var index = ArchiveIndex()
  private var heads: [ArchivedHead] = []
  private var keys: Set<Fixed32> = []
  private var isAtEnd = false
  /// What comes next, for messages.
  private var part = "the header"

  /// Reads the header.
  ///
  /// - Parameter source: fills a buffer with more bytes of the archive, and returns how many; 0 at the end.
  /// - Throws: ``ArchiveError``, or what `source` throws.
  public init(_ source: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) throws {
    scanner = FrameScanner(limit: HypercoreArchive.sectionLimit, source)
    guard let frame = try frame(), let content = frame.content else {
      throw ArchiveError.notAnArchive(detail: "it does not begin with a header")
    }
    try Self.check(header: content)
    part = "the first log"
  }

  /// Bytes of the archive that were taken in.
  public var offset: UInt64 { scanner.offset }

  static func check(header content: [UInt8]) throws(ArchiveError) {
    guard content.starts(with: HypercoreArchive.magic) else {
      throw .notAnArchive(detail: "it does not begin with a header")
    }
    let version = try? UInt64(decodingVersion: Array(content.dropFirst(HypercoreArchive.magic.count)))
    guard let version, version > 0 else { throw .notAnArchive(detail: "its header tells no version") }
    guard version <= HypercoreArchive.version else {
      throw .newer(found: version, supported: HypercoreArchive.version)
    }
  }

  /// The next item, or nil when the archive was read to its end and all of it is sound.
  ///
  /// - Throws: ``ArchiveError``, or what the source throws.
  public func next() throws -> Item? {
    guard !isAtEnd else { return nil }
    guard let frame = try frame() else { throw ArchiveError.truncated(offset: scanner.offset, part: part) }
    guard let content = frame.content else {
      throw ArchiveError.damaged(offset: frame.offset, part: part, detail: "the table of frames comes too early")
    }
    switch content.first {
    case HypercoreArchive.Kind.log: return .log(try log(content, at: frame.offset))
    case HypercoreArchive.Kind.blocks: return try blocks(content, at: frame.offset)
    case HypercoreArchive.Kind.end:
      try end(content, at: frame.offset)
      return nil
    default: throw ArchiveError.damaged(offset: frame.offset, part: part, detail: "a section of an unknown kind")
    }
  }

  private func log(_ content: [UInt8], at offset: UInt64) throws(ArchiveError) -> ArchivedHead {
    try finishLog(at: offset)
    part = "the head of log \(heads.count + 1)"
    let head: ArchivedHead
    do { head = try ArchivedHead(decoding: content) } catch {
      throw .damaged(offset: offset, part: part, detail: "\(error)")
    }
    part = "the head of \(KeyIdentifier.encode(head.key))"
    if let objection = head.objection { throw .damaged(offset: offset, part: part, detail: objection) }
    guard keys.insert(head.key).inserted else {
      throw .damaged(offset: offset, part: part, detail: "the log is there twice")
    }
    heads.append(head)
    index.logs.append(ArchiveIndex.Log())
    nameNextBlocks(head, 0)
    return head
  }

  private func nameNextBlocks(_ head: ArchivedHead, _ next: UInt64) {
    part =
      next < head.tree.length
      ? "\(KeyIdentifier.encode(head.key)) from block \(next) on" : "what follows \(KeyIdentifier.encode(head.key))"
  }

  private func blocks(_ content: [UInt8], at offset: UInt64) throws(ArchiveError) -> Item {
    guard let head = heads.last else { throw .damaged(offset: offset, part: part, detail: "blocks before a log") }
    do {
      let section = try BlockSection(content)
      let previous = index.logs[heads.count - 1].end
      guard section.log == heads.count - 1, section.first >= previous else {
        throw ArchiveError.damaged(offset: offset, part: part, detail: "the blocks are out of order")
      }
      part = "\(KeyIdentifier.encode(head.key)), blocks \(section.first) to \(section.range.upperBound - 1)"
      let nodes = try RangeProof.check(section.blocks, from: section.first, with: section.proof, in: head.tree)
      guard !head.isComplete || section.first == previous else {
        throw ArchiveError.damaged(offset: offset, part: part, detail: "block \(previous) is missing before them")
      }
      index.logs[heads.count - 1].sections.append(section.range)
      nameNextBlocks(head, section.range.upperBound)
      return .blocks(section, nodes: nodes)
    } catch let error as ArchiveError {
      throw error
    } catch {
      throw .damaged(offset: offset, part: part, detail: "\(error)")
    }
  }

  private func finishLog(at offset: UInt64) throws(ArchiveError) {
    guard let head = heads.last, head.isComplete, let end = index.logs.last?.end, end < head.tree.length else { return }
    throw .damaged(offset: offset, part: part, detail: "blocks \(end) to \(head.tree.length - 1) are missing")
  }

  private func end(_ content: [UInt8], at offset: UInt64) throws {
    try finishLog(at: offset)
    part = "the index"
    let found: ArchiveIndex
    do { found = try ArchiveIndex(decoding: content) } catch {
      throw ArchiveError.damaged(offset: offset, part: part, detail: "\(error)")
    }
    guard found == index else {
      throw ArchiveError.damaged(offset: offset, part: part, detail: "it does not tell of the sections before it")
    }
    part = "the table of frames"
    let frames = table
    guard let last = try frame() else { throw ArchiveError.truncated(offset: scanner.offset, part: part) }
    guard last.content == nil, SeekTable(last.skippable) == frames else {
      throw ArchiveError.damaged(offset: last.offset, part: part, detail: "it does not tell of the frames before it")
    }
    part = "the end"
    if let more = try frame() {
      throw ArchiveError.damaged(offset: more.offset, part: part, detail: "something follows")
    }
    isAtEnd = true
  }

  private func frame() throws -> FrameScanner.Frame? {
    do {
      guard let frame = try scanner.next() else { return nil }
      if let content = frame.content { table.append(size: frame.size, contentSize: content.count) }
      return frame
    } catch let failure as FrameError {
      throw ArchiveError(failure, in: part)
    }
  }
}

extension UInt64 {
  /// The number that a compact encoding begins with.
  init(decodingVersion bytes: [UInt8]) throws(DecodingError) {
    var reader = Reader(bytes.span.bytes)
    self = try reader.uint()
  }
}
