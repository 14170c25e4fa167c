import CompactEncoding
import Corestore

/// The lengths at which the view was looked at, with their hashes: where it turns out to have become another one, they
/// tell how much of it is still what was told.
struct KnownLengths {
  private static let limit = 1024

  private var known: [(length: UInt64, hash: Fixed32)] = []

  /// Changes from `start` on are told.
  init(
    _ state: ViewState, from start: LengthArgument?, _ specification: Specification, _ opened: OpenView
  ) throws {
    try opened.read {
      let length = try state.length(start, specification)
      for length in Set([min(length, state.signedLength), length]).sorted() {
        known.append((length, try state.treeHash(at: length)))
      }
    }
  }

  /// Notes a new state of the view.
  ///
  /// - Returns: where what was not told begins, and whether what was told of later blocks no longer holds.
  mutating func take(_ state: ViewState) throws -> (start: UInt64, isTruncation: Bool) {
    let told = known.last?.length ?? 0
    while let last = known.last, last.length > 0 {
      if last.length <= state.length, try state.treeHash(at: last.length) == last.hash { break }
      known.removeLast()
    }
    let start = known.last?.length ?? 0
    if state.length > start {
      // What is signed never changes: one length in it is enough.
      if let signed = known.lastIndex(where: { $0.length <= state.signedLength }) { known.removeFirst(signed) }
      if known.count == KnownLengths.limit { known.remove(at: 1) }
      known.append((state.length, try state.treeHash(at: state.length)))
    }
    return (start, start < told)
  }
}
