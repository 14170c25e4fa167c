import CompactEncoding
import Hypercore

/// Finds where the order of a base can begin: behind the oldest final state after which every block is stored that is
/// needed to order again what is final.
///
/// At the beginning of the base, where all is stored. Else, after a fast-forward, only some final states will do: order
/// is decided group by group, and within a group of nodes nobody can begin. Indexers sign what is final between groups
/// only, so the system lengths that they have signed are those states, and among them is the one that the fast-forward
/// led to. The newest final state, with which the engine itself starts, is one, too.
struct OrderStart {
  private let base: Autobase
  /// Logs that are not stored from their beginning: from which length on all is stored that is final.
  private var firstLengths: [(key: Fixed32, length: UInt64)] = []

  /// - Parameter writers: all that may have nodes.
  init(_ base: Autobase, _ writers: [Fixed32]) throws {
    self.base = base
    for writer in writers {
      guard let final = try length(writer, at: base.indexedLength) else { continue }
      let first = try base.messages(of: writer).log.firstStored(below: final)
      if first > 0 { firstLengths.append((writer, first)) }
    }
  }

  /// That state, and the sets of indexers from there on.
  func find() throws -> (start: GraphStart, epochs: [IndexerEpoch]) {
    var lowest: UInt64 = 0
    while true {
      let isWhole = lowest == 0 && firstLengths.isEmpty
      let length = try isWhole ? 0 : signedLength(atLeast: lowest) ?? base.indexedLength
      do {
        let info = length == base.indexedLength ? base.indexedInfo : try base.system.info(at: length)
        return (try base.graphStart(at: length, info), try base.indexerEpochs(from: length))
      } catch LogError.blockNotAvailable(let index, _) where length < base.indexedLength {
        // The info of a state is in the block before its length.
        lowest = max(index + 2, length + 1)
      }
    }
  }

  /// The least length of the system view, from `lowest` on, that an indexer has signed and behind which all logs are
  /// stored.
  private func signedLength(atLeast lowest: UInt64) throws -> UInt64? {
    var least: UInt64?
    for indexer in base.indexedInfo.indexers {
      let messages = try base.messages(of: indexer.key)
      let found = try signedLength(in: messages, upTo: indexer.length) { try $0 >= lowest && isStored(behind: $0) }
      if let found { least = min(found, least ?? found) }
    }
    return least
  }

  /// The first length that `fits` of those that an indexer has signed; they grow along its log.
  private func signedLength(
    in log: LoggedMessages, upTo end: UInt64, _ fits: (UInt64) throws -> Bool
  ) throws -> UInt64? {
    var low = (firstLengths.first { $0.key == log.log.key }?.length ?? 0) + 1
    var high = end + 1
    while low < high {
      let middle = low + (high - low) / 2
      let isEnough = try signedLength(in: log, at: middle).map(fits) ?? false
      if isEnough { high = middle } else { low = middle + 1 }
    }
    // Nodes in the tip may tell of what is final.
    while low <= log.length {
      guard let signed = try signedLength(in: log, at: low), signed <= base.indexedLength else { return nil }
      if try fits(signed) { return signed }
      low += 1
    }
    return nil
  }

  /// What the writer of a node had signed then; nil when that is not known here.
  private func signedLength(in log: LoggedMessages, at length: UInt64) throws -> UInt64? {
    do {
      guard let mark = try log.message(length).checkpoint?.system else { return nil }
      if let here = mark.checkpoint { return here.length }
      guard mark.pointer > 0, mark.pointer < length else { return nil }
      return try log.message(length - mark.pointer).checkpoint?.system?.checkpoint?.length
    } catch is DecodingError {
      return nil
    } catch LogError.blockNotAvailable {
      return nil
    }
  }

  /// Whether a state is known here, and all that is final behind it is stored in the logs.
  private func isStored(behind length: UInt64) throws -> Bool {
    guard length > 0, length <= base.indexedLength else { return false }
    do {
      guard let info = try SystemView.info(at: length, base.system.bee) else { return false }
      _ = try base.graphStart(at: length, info)
    } catch LogError.blockNotAvailable {
      return false
    }
    return try firstLengths.allSatisfy { try self.length($0.key, at: length) ?? 0 >= $0.length }
  }

  /// How much of a log is final in a state; nil when the record that says so is not stored.
  private func length(_ writer: Fixed32, at length: UInt64) throws -> UInt64? {
    do { return try base.system.member(writer, at: length)?.length ?? 0 } catch LogError.blockNotAvailable {
      return nil
    }
  }
}
