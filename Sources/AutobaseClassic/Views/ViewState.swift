import CompactEncoding
import Hypercore

/// The content of a view: the first blocks of an output, and the entries behind them that are in memory only.
struct ViewState {
  /// The output below; nil when all is in memory.
  var trunk: OutputLog?
  /// Number of its blocks that belong to the view.
  var trunkLength: UInt64 = 0
  /// What follows.
  var nodes: [OutputNode] = []
  /// Where apply calls ended that appended nothing, oldest first. Those that did append are told by their blocks.
  var quietMarks: [ViewMark] = []

  /// Number of blocks.
  var length: UInt64 { trunkLength + UInt64(nodes.count) }

  /// The entry at `index`.
  func node(at index: UInt64) throws -> OutputNode {
    guard index < length else { throw LogError.blockNotAvailable(index: index, length: length) }
    if index < trunkLength, let trunk { return try trunk.node(at: index) }
    return nodes[Int(index - trunkLength)]
  }

  /// Keeps what had been appended when the prefix that `mark` tells of had been applied.
  mutating func cut(to mark: ViewMark) {
    if mark.length <= trunkLength {
      trunkLength = mark.length
      nodes = []
    } else {
      nodes.removeSubrange(Int(mark.length - trunkLength)...)
    }
    while let last = quietMarks.last, last.operations > mark.operations { quietMarks.removeLast() }
  }

  /// Takes as many blocks from an output, instead of from memory, as it has alike.
  mutating func rest(on outputs: [OutputLog]) {
    var best: (output: OutputLog, length: UInt64)?
    for output in outputs where output.log.length > best?.length ?? trunkLength {
      let other = ViewState(trunk: output, trunkLength: output.log.length)
      guard var shared = try? sharedLength(with: other, from: trunkLength), shared > trunkLength else { continue }
      let last = nodes[Int(shared - 1 - trunkLength)].batch
      if !last.isLast { shared -= min(last.index + 1, shared) }
      if shared > best?.length ?? trunkLength { best = (output, shared) }
    }
    guard let best else { return }
    nodes.removeSubrange(..<Int(best.length - trunkLength))
    (trunk, trunkLength) = best
  }

  /// How many of the first blocks are those of another view as well.
  ///
  /// Views over the same inputs have the same history up to some block and other ones from there on, so that few
  /// blocks need to be looked at.
  ///
  /// - Parameter start: so many are known to be the same, or are not of interest.
  func sharedLength(with other: ViewState, from start: UInt64 = 0) throws -> UInt64 {
    var (low, high) = (start, min(length, other.length))
    var index = high
    while low < high {
      index = index == high ? high - 1 : low + (high - low) / 2
      if try node(at: index) == other.node(at: index) { low = index + 1 } else { high = index }
    }
    return low
  }

  /// The same content, unaffected by what is written to the output later.
  func snapshot() throws -> ViewState {
    var copy = self
    copy.trunk = trunkLength > 0 ? try trunk?.snapshot() : nil
    return copy
  }

  /// Runs `body`, in which many reads of the output cost its store little more than one.
  func reading<R>(_ body: () throws -> R) throws -> R {
    if let trunk { try trunk.log.reading(body) } else { try body() }
  }
}
