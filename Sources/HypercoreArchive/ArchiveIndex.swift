internal import CompactEncoding

/// The end of an archive: which blocks of which log each section holds.
struct ArchiveIndex: Sendable, Equatable {
  /// The block sections of a log, ascending.
  struct Log: Sendable, Equatable {
    /// Indexes of the blocks of each section.
    var sections: [Range<UInt64>] = []
    /// Behind the last block.
    var end: UInt64 { sections.last?.upperBound ?? 0 }

    /// Whether these are all blocks of a log of `length`.
    func holdsAll(_ length: UInt64) -> Bool { end == length && sections.reduce(0) { $0 + UInt64($1.count) } == length }
  }

  var logs: [Log] = []

  /// Number of sections before the end: the header, the logs and their blocks.
  var sectionCount: Int { logs.reduce(1) { $0 + 1 + $1.sections.count } }
}

extension ArchiveIndex: CompactCodable {
  func measure(_ size: inout Size) {
    size.byte()
    size.uint(UInt64(logs.count))
    for log in logs {
      size.uint(UInt64(log.sections.count))
      var end: UInt64 = 0
      for section in log.sections {
        size.uint(section.lowerBound - end)
        size.uint(UInt64(section.count))
        end = section.upperBound
      }
    }
  }

  func encode(into writer: inout Writer) {
    writer.uint8(HypercoreArchive.Kind.end)
    writer.uint(UInt64(logs.count))
    for log in logs {
      writer.uint(UInt64(log.sections.count))
      var end: UInt64 = 0
      for section in log.sections {
        writer.uint(section.lowerBound - end)
        writer.uint(UInt64(section.count))
        end = section.upperBound
      }
    }
  }

  init(from reader: inout Reader) throws(DecodingError) {
    guard try reader.uint8() == HypercoreArchive.Kind.end else { throw .invalid("it is not the end") }
    let count = try reader.uint()
    guard count <= UInt64(reader.remaining) else { throw .outOfBounds(needed: count, remaining: reader.remaining) }
    for _ in 0..<count {
      var log = Log()
      let sections = try reader.uint()
      guard sections <= UInt64(reader.remaining) else {
        throw .outOfBounds(needed: sections, remaining: reader.remaining)
      }
      for _ in 0..<sections {
        let gap = try reader.uint()
        let count = try reader.uint()
        guard count > 0, gap <= maximumSafeInteger - log.end, count <= maximumSafeInteger - log.end - gap else {
          throw .invalid("it tells of blocks that cannot be")
        }
        log.sections.append(log.end + gap..<log.end + gap + count)
      }
      logs.append(log)
    }
    guard reader.remaining == 0 else { throw .invalid("\(reader.remaining) bytes too many") }
  }
}
