/// # ApplyProgram
///
/// Views in any language: the protocol `ab-apply(5)` between `ab-linearize` and a program that says what ordered nodes
/// mean, and the edge that runs the program. The manual page states every message and member; here is what the parts do.
///
/// | part | does |
/// |---|---|
/// | ``ApplyCodec`` | messages to lines of JSON and back, with values and blocks as hex, text or JSON: ``ApplyEncoding`` |
/// | ``ApplySession`` | what may come when, and the bounds of everything (``ApplyLimits``): lines in, events out |
/// | ``ApplyProgram`` | a running command that is spoken with in lines, each with a time-out |
/// | ``DeterminismCheck`` | two runs of a command whose answers must agree |
/// | ``ProgramApplication`` | a program as the application of a base: no lock is held while it thinks |
///
/// ```
/// ab-linearize                                   program
///   hello: version, mode, views            ──►
///                                          ◄──   hello: version, forms of values and blocks, views, limit
///   batch: id, resume, views, nodes        ──►
///                                          ◄──   get: view, index, count          (as often as it likes)
///   block: view, index, blocks             ──►
///                                          ◄──   answer: id, a result for each node: append, calls
/// ```
///
/// A batch tells each view's length and last block, so that a program need remember nothing; one that does is told to
/// *resume*, to forget it, whenever the views are something else than its last answer led to.
///
/// ## The class
///
/// A command that is asked, line by line, what to do with nodes: the edge of this module.
///
/// It is started with the value and ends with it. It has a time-out for every line. What it writes to standard error is
/// kept, the last 4 KiB of it, and told when it fails. All calls block; they belong to one thread.
public final class ApplyProgram: ApplyAnswering {
  /// The command, as the shell reads it.
  public let command: String
  private let exchange: LineExchange
  private var session: ApplySession

  /// Starts a command with `sh -c`, and waits for its hello.
  ///
  /// - Parameters:
  ///   - timeoutMilliseconds: how long it may take for each line.
  ///   - views: the views that the command line names; empty to leave that to the program.
  public init(
    _ command: String, mode: ApplyMode, views: [String] = [], timeoutMilliseconds: Int64 = defaultTimeoutMilliseconds
  ) throws(ApplyProgramError) {
    self.command = command
    session = ApplySession(mode: mode, views: views)
    exchange = try LineExchange(command, timeoutMilliseconds: timeoutMilliseconds)
    try exchange.send(session.begin(), wait: session.wait)
    _ = try next()
    try checkSilence()
  }

  /// How long a program may take for a line, unless it is told otherwise.
  public static let defaultTimeoutMilliseconds: Int64 = 30_000

  public var views: [String] { session.views }

  public var nodeLimit: Int { min(requestedNodeLimit, session.nodeLimit) }

  /// Fewer nodes go into a batch than the program allows, where somebody wants that.
  var requestedNodeLimit = ApplyLimits.nodeCount

  public func answer(_ nodes: [ApplyNode], views: [ApplyView], isResuming: Bool) throws -> [ApplyResult] {
    var results: [ApplyResult] = []
    results.reserveCapacity(nodes.count)
    var isResuming = isResuming
    while results.count < nodes.count {
      let batch = nextBatch(nodes, from: results.count)
      try exchange.send(
        session.ask(batch, views: views.map { try $0.state() }, isResuming: isResuming), wait: session.wait)
      let answered = try answers(views)
      isResuming = false
      for result in answered { for append in result.appends { view(append.view, views).append(append.blocks) } }
      results += answered
      // An atomic batch is answered as a whole.
      let isComplete = batch.last?.batchRest == 0
      if isComplete, answered.contains(where: { $0.calls.contains { $0.changesMembers } }) { break }
    }
    return results
  }

  private func answers(_ views: [ApplyView]) throws -> [ApplyResult] {
    while true {
      switch try next() {
      case .answered(let results):
        try checkSilence()
        return results
      case .asksFor(let name, let index, let count):
        let blocks = try view(name, views).blocks(from: index, count: count)
        try exchange.send(session.answer(blocks), wait: session.wait)
      case .ready: throw failure(.unasked)
      }
    }
  }

  /// The first of the nodes that were not asked yet.
  private func nextBatch(_ nodes: [ApplyNode], from start: Int) -> [ApplyNode] {
    let limit = nodeLimit
    var end = start
    var size = 0
    while end < nodes.count, end - start < limit, size < ApplyLimits.batchByteCount {
      size += nodes[end].value.count
      end += 1
    }
    return Array(nodes[start..<end])
  }

  private func view(_ name: String, _ views: [ApplyView]) -> ApplyView {
    guard let view = views.first(where: { $0.name == name }) else { preconditionFailure("all views are given") }
    return view
  }

  private func next() throws(ApplyProgramError) -> ApplySession.Event {
    let line = try exchange.next(wait: session.wait)
    do throws(ApplyProtocolError) { return try session.receive(line) } catch { throw failure(error) }
  }

  /// A program that says more than was asked has lost track.
  private func checkSilence() throws(ApplyProgramError) {
    if exchange.hasMore { throw failure(.unasked) }
  }

  private func failure(_ error: ApplyProtocolError) -> ApplyProgramError { exchange.failure(.nonsense(error)) }
}
