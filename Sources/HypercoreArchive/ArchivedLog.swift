public import CompactEncoding
public import Hypercore
internal import HypercoreCrypto

/// A log in an archive, which is read in place.
public final class ArchivedLog: ReadableLog {
  private struct Section {
    var number: Int
    var blocks: [ArraySlice<UInt8>]
  }

  private static let keptSectionCount = 4

  /// What the archive holds, checked against the key.
  public let head: ArchivedHead
  /// The indexes of the blocks that are there: ranges, ascending, that may follow one another without a gap.
  public let stored: [Range<UInt64>]

  private let file: SectionFile
  private let number: Int
  private let firstFrame: Int
  private var kept: [Section] = []

  init(
    _ head: ArchivedHead, in file: SectionFile, number: Int, sections: [Range<UInt64>], firstFrame: Int
  ) {
    self.head = head
    self.file = file
    self.number = number
    self.firstFrame = firstFrame
    stored = sections
  }

  /// The core key.
  public var key: Fixed32 { head.key }
  public var length: UInt64 { head.tree.length }
  public var fork: UInt64 { head.tree.fork }
  public func snapshot() throws -> any ReadableLog { self }

  /// Whether a block is in the archive.
  public func has(_ index: UInt64) -> Bool { section(with: index) != nil }

  /// The block at `index`, as it is stored.
  ///
  /// - Throws: `LogError` when it is not there, ``ArchiveError`` when it is damaged.
  public func block(at index: UInt64) throws -> [UInt8] {
    guard let number = section(with: index) else { throw LogError.blockNotAvailable(index: index, length: length) }
    let first = stored[number].lowerBound
    if let place = kept.lastIndex(where: { $0.number == number }) {
      return Array(kept[place].blocks[Int(index - first)])
    }
    let section = try read(number)
    if kept.count == Self.keptSectionCount { kept.removeFirst() }
    kept.append(section)
    return Array(section.blocks[Int(index - first)])
  }

  /// The number of the section that has a block.
  private func section(with index: UInt64) -> Int? {
    var low = 0
    var high = stored.count
    while low < high {
      let middle = (low + high) / 2
      if stored[middle].upperBound <= index { low = middle + 1 } else { high = middle }
    }
    return low < stored.count && stored[low].contains(index) ? low : nil
  }

  private func read(_ number: Int) throws -> Section {
    let range = stored[number]
    let frame = firstFrame + number
    let part = "\(KeyIdentifier.encode(key)), blocks \(range.lowerBound) to \(range.upperBound - 1)"
    do {
      let section = try BlockSection(try file.content(of: frame, part: part))
      guard section.log == self.number, section.range == range else {
        throw DecodingError.invalid("its blocks are not those that the index tells of")
      }
      _ = try RangeProof.check(section.blocks, from: section.first, with: section.proof, in: head.tree)
      return Section(number: number, blocks: section.blocks)
    } catch let error as DecodingError {
      throw ArchiveError.damaged(offset: file.offset(of: frame), part: part, detail: "\(error)")
    } catch let error as MerkleError {
      throw ArchiveError.damaged(offset: file.offset(of: frame), part: part, detail: "\(error)")
    }
  }
}
