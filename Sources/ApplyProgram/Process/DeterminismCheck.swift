import CompactEncoding
import HypercoreCrypto

/// Two runs of the same program whose answers must agree: the answers are those of the first.
///
/// The second gets the same nodes in other portions, which end at other nodes and have other numbers. To each portion it
/// comes in one of three ways, in turn:
///
/// | way | finds what depends on |
/// |---|---|
/// | it answers it, and again as after a reorder | what it remembers in spite of that; the number of the line; what is final |
/// | it was just started, and is told to resume | what the views do not hold |
/// | it goes on behind the last one | where lines end |
///
/// An answer that depends on the time or on chance differs anyway.
public final class DeterminismCheck: ApplyAnswering {
  private let first: ApplyProgram
  private var second: ApplyProgram
  private let start: () throws(ApplyProgramError) -> ApplyProgram
  /// How many nodes the next portion has, if there are as many.
  private var portion = DeterminismCheck.leastPortion
  private var way = Way.again

  /// How the second run comes to a portion.
  private enum Way {
    case again, anew, on

    var next: Way {
      switch self {
      case .again: .anew
      case .anew: .on
      case .on: .again
      }
    }
  }

  /// Small portions find most, and much is to be done: they grow.
  private static let leastPortion = 7
  private static let mostPortion = 500

  /// Starts a command twice; see ``ApplyProgram/init(_:mode:views:timeoutMilliseconds:)``.
  public init(
    _ command: String, mode: ApplyMode, views: [String] = [],
    timeoutMilliseconds: Int64 = ApplyProgram.defaultTimeoutMilliseconds
  ) throws(ApplyProgramError) {
    start = { () throws(ApplyProgramError) in
      try ApplyProgram(command, mode: mode, views: views, timeoutMilliseconds: timeoutMilliseconds)
    }
    first = try start()
    second = try start()
    try checkViews()
  }

  public var views: [String] { first.views }
  public var nodeLimit: Int { first.nodeLimit }

  public func answer(_ nodes: [ApplyNode], views: [ApplyView], isResuming: Bool) throws -> [ApplyResult] {
    // Each has views of its own, since each appends to them.
    let other = views.map { ApplyView(copy: $0) }
    let results = try first.answer(nodes, views: views, isResuming: isResuming)
    var isResuming = isResuming
    var index = 0
    while index < results.count {
      let end = portionEnd(nodes, results.count, from: index)
      let expected = results[index..<end]
      switch way {
      case .again:
        let nodes = nodes.map { $0.asElsewhere }
        try check(nodes, expected, views: other.map { ApplyView(copy: $0) }, isResuming: isResuming)
        isResuming = true
      case .anew:
        second = try start()
        try checkViews()
        isResuming = true
      case .on: break
      }
      try check(nodes, expected, views: other, isResuming: isResuming)
      isResuming = false
      index = end
      way = way.next
      portion = min(portion * 2, Self.mostPortion)
    }
    return results
  }

  /// Where the portion from `start` on ends: so that there are others for the other ways, if that can be, and not inside
  /// an atomic batch, where nobody has to resume.
  private func portionEnd(_ nodes: [ApplyNode], _ count: Int, from start: Int) -> Int {
    var end = start + max(min(portion, count - start - 2), 1)
    while end < count, nodes[end].batchIndex > 0 { end += 1 }
    return end
  }

  /// Has the second run answer a portion.
  private func check(
    _ nodes: [ApplyNode], _ expected: ArraySlice<ApplyResult>, views: [ApplyView], isResuming: Bool
  ) throws {
    // Only so are large atomic batches divided otherwise than in the first run.
    second.requestedNodeLimit = portion
    var isResuming = isResuming
    var index = expected.startIndex
    // It stops where members change, at the end of its line.
    while index < expected.endIndex {
      let found = try second.answer(Array(nodes[index..<expected.endIndex]), views: views, isResuming: isResuming)
      for result in found {
        if result != expected[index] { throw difference(nodes[index].position, expected[index], result) }
        index += 1
      }
      isResuming = false
    }
  }

  private func checkViews() throws(ApplyProgramError) {
    guard first.views != second.views else { return }
    throw failure(
      "it names the views \(first.views.joined(separator: ", ")), then \(second.views.joined(separator: ", "))")
  }

  private func difference(_ node: ApplyPosition, _ a: ApplyResult, _ b: ApplyResult) -> ApplyProgramError {
    failure(
      "for node \(node.length) of \(KeyIdentifier.encode(node.core)) it first wants \(a.text), then \(b.text)"
    )
  }

  private func failure(_ text: String) -> ApplyProgramError {
    ApplyProgramError(first.command, .notDeterministic(text))
  }
}

extension ApplyNode {
  /// The node for a member that has seen more or fewer votes.
  fileprivate var asElsewhere: ApplyNode {
    var node = self
    node.base?.isIndexed.toggle()
    return node
  }
}
