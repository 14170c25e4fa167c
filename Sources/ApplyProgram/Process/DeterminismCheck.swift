import CompactEncoding
import HypercoreCrypto

/// Two runs of the same program whose answers must agree: the answers are those of the first.
///
/// The second is asked in smaller batches, and told at the start of each question to forget what it knows of the views:
/// so an answer that depends on where batches end, or on what the views do not hold, is found as well as one that depends
/// on the time or on chance.
public final class DeterminismCheck: ApplyAnswering {
  private let first: ApplyProgram
  private let second: ApplyProgram

  /// Starts a command twice; see ``ApplyProgram/init(_:mode:views:timeoutMilliseconds:)``.
  public init(
    _ command: String, mode: ApplyMode, views: [String] = [],
    timeoutMilliseconds: Int64 = ApplyProgram.defaultTimeoutMilliseconds
  ) throws(ApplyProgramError) {
    first = try ApplyProgram(command, mode: mode, views: views, timeoutMilliseconds: timeoutMilliseconds)
    second = try ApplyProgram(command, mode: mode, views: views, timeoutMilliseconds: timeoutMilliseconds)
    second.requestedNodeLimit = 7
    guard first.views == second.views else {
      throw failure(
        "it names the views \(first.views.joined(separator: ", ")), then \(second.views.joined(separator: ", "))")
    }
  }

  public var views: [String] { first.views }
  public var nodeLimit: Int { first.nodeLimit }

  public func answer(_ nodes: [ApplyNode], views: [ApplyView], isResuming: Bool) throws -> [ApplyResult] {
    // Each has views of its own, since each appends to them.
    let other = views.map { ApplyView(copy: $0) }
    let results = try first.answer(nodes, views: views, isResuming: isResuming)
    let again = try second.answer(Array(nodes.prefix(results.count)), views: other, isResuming: true)
    for (index, (a, b)) in zip(results, again).enumerated() where a != b {
      let node = nodes[index].position
      throw failure(
        "for node \(node.length) of \(KeyIdentifier.encode(node.core)) it first wants \(Self.text(a)), then \(Self.text(b))"
      )
    }
    guard again.count >= results.count else {
      throw failure("it changes members at another node the second time")
    }
    return results
  }

  private func failure(_ text: String) -> ApplyProgramError {
    ApplyProgramError(first.command, .notDeterministic(text))
  }

  /// A result for people: what it appends and does, shortened.
  private static func text(_ result: ApplyResult) -> String {
    var parts: [String] = []
    for append in result.appends {
      let blocks = append.blocks.prefix(4).map { text($0) }.joined(separator: ", ")
      parts.append("\(append.view) += [\(blocks)\(append.blocks.count > 4 ? ", …" : "")]")
    }
    for call in result.calls { parts.append(text(call)) }
    return parts.isEmpty ? "nothing" : parts.joined(separator: " and ")
  }

  private static func text(_ block: [UInt8]) -> String {
    let limit = 100
    if block.count <= limit, let text = String(validating: block, as: UTF8.self),
      !text.utf8.contains(where: { $0 < 32 })
    {
      return "\"\(text)\""
    }
    return Hex.encode(block.prefix(limit / 2)) + (block.count > limit / 2 ? "… (\(block.count) bytes)" : "")
  }

  private static func text(_ call: ApplyCall) -> String {
    switch call {
    case .addWriter(let key, let isIndexer):
      "add-writer \(KeyIdentifier.encode(key))\(isIndexer ? "" : " (no indexer)")"
    case .removeWriter(let key): "remove-writer \(KeyIdentifier.encode(key))"
    case .ackWriter(let key): "ack-writer \(KeyIdentifier.encode(key))"
    case .preferFastForward: "prefer-fast-forward"
    case .interrupt(let reason): "interrupt (\(reason))"
    }
  }
}
