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
/// kept until what was asked for is committed: on the way there the base may come to several states more than once.
/// Whatever happens in between, in this process or another, answers to something else are not used; the program is asked
/// again, and told to resume from the views as they are.
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

  /// Answers in a row, from one state of the views on.
  private struct Run {
    var id: UInt64
    var start: [ViewState]
    var answers: [Answer] = []
  }

  /// What the program is to be asked.
  private struct Question {
    var run: UInt64
    var batches: [[AppliedNode]]
    var views: [ApplyView]
    var isResuming: Bool
  }

  /// What the program knows of the views.
  private enum Knowledge: Equatable {
    case nothing
    /// What the last answer of this run led to.
    case run(UInt64)
    /// What is committed, when this is it.
    case state([ViewState])
  }

  /// What no commit holds yet, the newest last.
  private var runs: [Run] = []
  private var runCount: UInt64 = 0
  private var knowledge = Knowledge.nothing
  /// Which run the transaction under way uses, and how many of its answers so far.
  private var active: UInt64?
  private var used = 0
  /// The views after the last used answer; nil before the first call in a transaction.
  private var marks: [ViewMark]?
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

  private static let runLimit = 8
  private static let attemptLimit = 100

  /// Runs `body`, which brings a base with this application forward, and asks the program in between as often as needed.
  ///
  /// - Throws: what `body` throws, and ``ApplyProgramError``: then nothing of what the program was asked is stored.
  ///   `ApplyPending` only when the order of nodes has changed again and again while the program was asked.
  public func perform<R>(_ base: Autobase, _ body: () throws -> R) throws -> R {
    var attempts = 0
    var openCount = 0
    while true {
      do {
        rewind()
        let result = try body()
        try didCommit(base)
        return result
      } catch let pending as ApplyPending {
        // Fewer open nodes than before are progress; else the order has changed while the program was asked.
        let count = question?.batches.count ?? 0
        if count >= openCount { attempts += 1 }
        openCount = count
        if attempts > Self.attemptLimit { throw pending }
        try ask()
      }
    }
  }

  /// A transaction begins.
  private func rewind() { (active, used, marks) = (nil, 0, nil) }

  /// What was used is in the store now.
  private func didCommit(_ base: Autobase) throws {
    if let active, used > 0, let run = runs.first(where: { $0.id == active }) {
      let views = try viewNames.map { try base.view($0) }
      // Unless somebody else has changed them since, the views are what the program knows.
      let isCurrent = knowledge == .run(active) && used == run.answers.count && marks == Self.marks(views)
      knowledge = isCurrent ? .state(Self.states(views)) : .nothing
    } else if case .run = knowledge {
      knowledge = .nothing
    }
    runs.removeAll()
    rewind()
  }

  public func willApply(_ batches: [[AppliedNode]]) {
    upcoming = batches
    upcomingIndex = 0
    rewind()
  }

  public func apply(_ nodes: [AppliedNode], _ host: ApplyHost) throws {
    let views = try viewNames.map { try host.view($0) }
    if upcomingIndex < upcoming.count, upcoming[upcomingIndex] == nodes { upcomingIndex += 1 }
    let run = try find(views, nodes)
    guard used < run.answers.count else {
      // A stranger's node is mostly refused, and what it did undone.
      let follow = nodes.contains { $0.isOptimistic } ? [] : upcoming[upcomingIndex...]
      let isKnown = knowledge == .run(run.id) || run.answers.isEmpty && knowledge == .state(run.start)
      question = try Question(
        run: run.id, batches: [nodes] + follow,
        views: views.map { ApplyView(name: $0.name, below: try $0.snapshot()) }, isResuming: !isKnown)
      throw ApplyPending()
    }
    for result in run.answers[used].results { try carryOut(result, host) }
    used += 1
    marks = Self.marks(views)
  }

  /// The run whose next answer is the one for `nodes`, or behind whose end it is to be asked for.
  private func find(_ views: [View], _ nodes: [AppliedNode]) throws -> Run {
    if let active, marks == Self.marks(views), let run = runs.first(where: { $0.id == active }) {
      if used == run.answers.count || run.answers[used].nodes == nodes { return run }
      return begin(run.start, Array(run.answers[..<used]))
    }
    let state = Self.states(views)
    used = 0
    if let run = runs.last(where: { $0.start == state && $0.answers.first?.nodes == nodes }) {
      active = run.id
      return run
    }
    return begin(state, [])
  }

  private func begin(_ start: [ViewState], _ answers: [Answer]) -> Run {
    if runs.count >= Self.runLimit { runs.removeFirst() }
    runCount += 1
    let run = Run(id: runCount, start: start, answers: answers)
    runs.append(run)
    active = run.id
    return run
  }

  private func carryOut(_ result: ApplyResult, _ host: ApplyHost) throws {
    for append in result.appends { try host.view(append.view).append(append.blocks) }
    for call in result.calls {
      switch call {
      case .addWriter(let key, let isIndexer):
        if isIndexer || host.isRemovable(key) { try host.addWriter(key, isIndexer: isIndexer) }
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
    knowledge = .nothing
    let results = try program.answer(nodes, views: question.views, isResuming: question.isResuming)
    guard let index = runs.firstIndex(where: { $0.id == question.run }) else { return }
    knowledge = .run(question.run)
    var first = 0
    for batch in question.batches where first + batch.count <= results.count {
      runs[index].answers.append(Answer(nodes: batch, results: Array(results[first..<first + batch.count])))
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
