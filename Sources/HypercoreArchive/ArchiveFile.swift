public import CompactEncoding
internal import Hypercore

/// An archive that is open for reading at any place. Opening it reads the index and the heads, which are checked; blocks
/// are read, and checked, when they are asked for.
public struct ArchiveFile {
  /// The logs in the archive.
  public let logs: [ArchivedLog]

  /// An archive in a file.
  ///
  /// - Throws: ``ArchiveError``.
  public init(path: String) throws { try self.init(FileSource(path: path)) }

  /// An archive in bytes that can be read at any place.
  ///
  /// - Throws: ``ArchiveError``, or what the source throws.
  public init(_ source: any ArchiveSource) throws {
    let file = try SectionFile(source)
    try ArchiveReader.check(header: file.content(of: 0, part: "the header"))
    let last = file.count - 1
    let index: ArchiveIndex = try Self.decode(file, last, part: "the index")
    guard index.sectionCount == last else {
      throw ArchiveError.damaged(
        offset: file.offset(of: last), part: "the index", detail: "it tells of other sections than there are")
    }
    var frame = 1
    var logs: [ArchivedLog] = []
    for (number, log) in index.logs.enumerated() {
      let part = "the head of log \(number + 1)"
      let head: ArchivedHead = try Self.decode(file, frame, part: part)
      let length = head.tree.length
      let isSound = head.isComplete ? log.holdsAll(length) : log.end <= length
      let objection = isSound ? head.objection : "the index tells of other blocks than it has"
      if let objection {
        throw ArchiveError.damaged(offset: file.offset(of: frame), part: part, detail: objection)
      }
      logs.append(ArchivedLog(head, in: file, number: number, sections: log.sections, firstFrame: frame + 1))
      frame += 1 + log.sections.count
    }
    self.logs = logs
  }

  /// The log with a key.
  public func log(key: Fixed32) -> ArchivedLog? { logs.first { $0.key == key } }

  private static func decode<T: CompactDecodable>(_ file: SectionFile, _ frame: Int, part: String) throws -> T {
    let content = try file.content(of: frame, part: part)
    do { return try T(decoding: content) } catch {
      throw ArchiveError.damaged(offset: file.offset(of: frame), part: part, detail: "\(error)")
    }
  }
}
