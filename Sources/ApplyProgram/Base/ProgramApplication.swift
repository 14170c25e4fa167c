public import Autobase
import CompactEncoding
import Hypercore

/// The application of a base whose nodes a program applies.
///
/// The store must not be locked while a program thinks. So when the base comes to nodes that were not answered yet, the
/// transaction is undone (`ApplyPending`); then the program is asked, without any lock, and the base tries again with the
/// answers at hand. What ``perform(_:)`` runs does so as often as needed:
///
/// ```
/// advance ──► nodes without answer ──► undone ──► program asked ──► advance ──► committed, with the answers
/// ```
///
/// Answers hold for one state of the views, known by lengths and tree hashes, and for the nodes in their order. They are
/// kept until a transaction with them was committed. Whatever happens in between, in this process or another, answers to
/// something else are thrown away; the program is asked again, and told to resume from the views as they are.
public final class ProgramApplication: ForesightedApplication {
  public let viewNames: [String]
  private let program: any ApplyAnswering

  /// The state of a view, by which answers are matched.
  private struct ViewState: Hashable {
    var length: UInt64
    var hash: Fixed32
  }

  /// What is known to be unchanged without looking at hashes, inside one transaction.
  private struct ViewMark: Hashable {
    var length: UInt64
    var fork: UInt64
  }

  /// An atomic batch and what the program wants done for it.
  private struct Answer {
    var nodes: [AppliedNode]
    var results: [ApplyResult]
  }

  /// What the program is to be asked.
  private struct Question {
    var batches: [[AppliedNode]]
    var views: [ApplyView]
    var isResuming: Bool
  }

  /// Answers that no commit holds yet, in order.
  private var answers: [Answer] = []
  /// The state of the views before the first of them; nil while the program knows nothing.
  private var start: [ViewState]?
  /// How many of them the transaction under way has used.
  private var used = 0
  /// The views after the last used answer; nil before the first call in a transaction.
  private var marks: [ViewMark]?
  /// Whether the views that the program knows are those after the last of ``answers``.
  private var isProgramCurrent = false
  private var upcoming: [[AppliedNode]] = []
  private var upcomingIndex = 0
  private var question: Question?
  /// How many nodes the program was asked about.
  public private(set) var askedNodeCount: UInt64 = 0

  /// An application that asks `program`.
  public init(_ program: any ApplyAnswering) {
    self.program = program
    viewNames = program.views
  }

  /// Runs `body`, which brings a base with this application forward, and asks the program in between as often as needed.
  ///
  /// - Throws: what `body` throws except `ApplyPending`, and ``ApplyProgramError``: then nothing of what the program was
  ///   asked is stored.
  public func perform<R>(_ base: Autobase, _ body: () throws -> R) throws -> R {
    while true {
      do {
        (used, marks) = (0, nil)
        let result = try body()
        try didCommit(base)
        return result
      } catch is ApplyPending {
        try ask()
      }
    }
  }

  /// What was used is in the store now.
  private func didCommit(_ base: Autobase) throws {
    guard used > 0 else { return }
    let views = try viewNames.map { try base.view($0) }
    if marks == Self.marks(views) {
      answers.removeFirst(used)
      start = Self.states(views)
    } else {
      // Somebody else has changed them since.
      forget()
    }
    (used, marks) = (0, nil)
  }

  /// Nothing is known of what the program knows.
  private func forget() {
    answers.removeAll()
    (used, marks, start) = (0, nil, nil)
    isProgramCurrent = false
  }

  public func willApply(_ batches: [[AppliedNode]]) {
    upcoming = batches
    upcomingIndex = 0
    (used, marks) = (0, nil)
  }

  public func apply(_ nodes: [AppliedNode], _ host: ApplyHost) throws {
    let views = try viewNames.map { try host.view($0) }
    try match(views)
    if upcomingIndex < upcoming.count, upcoming[upcomingIndex] == nodes { upcomingIndex += 1 }
    guard used < answers.count, answers[used].nodes == nodes else {
      dropAnswers()
      let follow = nodes.contains { $0.isOptimistic } ? [] : upcoming[upcomingIndex...]
      question = try Question(
        batches: [nodes] + follow,
        views: views.map { ApplyView(name: $0.name, below: try $0.snapshot()) }, isResuming: !isProgramCurrent)
      throw ApplyPending()
    }
    for result in answers[used].results { try carryOut(result, host) }
    used += 1
    marks = Self.marks(views)
  }

  /// Makes sure that the answers from ``used`` on are for the views as they are.
  private func match(_ views: [View]) throws {
    if let marks {
      if marks == Self.marks(views) { return }
      // Something was undone behind an answer, as an optimistic node that is refused.
      return dropAnswers(isMoved: true)
    }
    let state = Self.states(views)
    if state != start {
      forget()
      start = state
    }
  }

  /// Forgets the answers from ``used`` on.
  private func dropAnswers(isMoved: Bool = false) {
    if isMoved || used < answers.count { isProgramCurrent = false }
    answers.removeSubrange(used...)
  }

  private func carryOut(_ result: ApplyResult, _ host: ApplyHost) throws {
    for append in result.appends { try host.view(append.view).append(append.blocks) }
    for call in result.calls {
      switch call {
      case .addWriter(let key, let isIndexer): try host.addWriter(key, isIndexer: isIndexer)
      case .removeWriter(let key): if host.isRemovable(key) { try host.removeWriter(key) }
      case .ackWriter(let key): try host.ackWriter(key)
      case .preferFastForward: host.preferFastForward()
      case .interrupt(let reason): try host.interrupt(reason)
      }
    }
  }

  // MARK: Asking

  private func ask() throws {
    guard let question else { preconditionFailure("a question is noted before it is thrown") }
    self.question = nil
    let nodes = question.batches.flatMap { batch in
      batch.enumerated().map { index, node in ApplyNode(node, index: index, count: batch.count) }
    }
    askedNodeCount += UInt64(nodes.count)
    isProgramCurrent = false
    let results = try program.answer(nodes, views: question.views, isResuming: question.isResuming)
    isProgramCurrent = true
    var first = 0
    for batch in question.batches where first + batch.count <= results.count {
      answers.append(Answer(nodes: batch, results: Array(results[first..<first + batch.count])))
      first += batch.count
    }
  }

  private static func marks(_ views: [View]) -> [ViewMark] { views.map { ViewMark(length: $0.length, fork: $0.fork) } }

  private static func states(_ views: [View]) -> [ViewState] {
    views.map { ViewState(length: $0.length, hash: $0.treeHash) }
  }
}

extension ApplyNode {
  /// A node of a base, with its place in its batch.
  init(_ node: AppliedNode, index: Int, count: Int) {
    self.init(
      position: ApplyPosition(core: node.from, length: node.length), value: node.value, batchIndex: UInt64(index),
      batchRest: UInt64(count - 1 - index),
      base: Base(
        heads: node.heads.map { ApplyPosition(core: $0.key, length: $0.length) }, isIndexed: node.isIndexed,
        isOptimistic: node.isOptimistic))
  }
}
