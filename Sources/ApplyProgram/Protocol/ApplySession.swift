/// The course of a run of `ab-apply(5)`, from the side of `ab-linearize`: what may come when, and what it means.
///
/// ```
///            offer                hello              batch
/// (start) ─────────► greeting ──────────► idle ◄───────────────► asked ──► get / block …
///                                           answer ──────────────┘
/// ```
///
/// A value without I/O: lines in, events out. The first error ends it.
public struct ApplySession: Sendable {
  /// What a line of the program means.
  public enum Event: Sendable, Hashable {
    /// It has introduced itself: the views are settled.
    case ready
    /// The batch is answered: a result for each of its nodes.
    case answered([ApplyResult])
    /// It asks for blocks, which exist as far as the view goes.
    case asksFor(view: String, index: UInt64, count: UInt64)
  }

  private enum State: Sendable {
    case start, greeting, idle
    case asked(id: UInt64, nodeCount: Int, getCount: Int)
  }

  /// What the nodes are.
  public let mode: ApplyMode
  /// How lines are written and read, once the program has introduced itself.
  public private(set) var codec = ApplyCodec()
  /// The most nodes that go into a batch.
  public private(set) var nodeLimit = ApplyLimits.nodeCount
  private let namedViews: [String]
  private var state = State.start
  private var batchCount: UInt64 = 0

  /// A run that has not begun.
  ///
  /// - Parameter views: the views that the command line names; empty when it leaves that to the program.
  public init(mode: ApplyMode, views: [String]) {
    self.mode = mode
    namedViews = views
  }

  /// The views, in their order; empty before the program has introduced itself.
  public var views: [String] { codec.views }

  /// What is waited for, for people; nil when nothing is.
  public var wait: String? {
    switch state {
    case .start, .idle: nil
    case .greeting: "its hello"
    case .asked(let id, _, _): "its answer to batch \(id)"
    }
  }

  /// The first line to say.
  public mutating func begin() -> [UInt8] {
    state = .greeting
    return codec.line(.hello(ApplyOffer(mode: mode, views: namedViews)))
  }

  /// The line of a batch. The one before must have been answered.
  public mutating func ask(_ nodes: [ApplyNode], views: [ApplyBatch.View], isResuming: Bool) -> [UInt8] {
    guard case .idle = state else { preconditionFailure("a batch is asked when the one before is answered") }
    batchCount += 1
    state = .asked(id: batchCount, nodeCount: nodes.count, getCount: 0)
    return codec.line(.batch(ApplyBatch(id: batchCount, isResuming: isResuming, views: views, nodes: nodes)))
  }

  /// The line that answers ``Event/asksFor(view:index:count:)``.
  public func answer(_ blocks: ApplyBlocks) -> [UInt8] { codec.line(.block(blocks)) }

  /// Takes a line of the program, without its line feed.
  public mutating func receive(_ line: [UInt8]) throws(ApplyProtocolError) -> Event {
    switch state {
    case .start, .idle: throw .unasked
    case .greeting:
      let hello: ApplyHello
      switch try codec.reply(line) {
      case .hello(let found): hello = found
      case .answer: throw .type(found: "answer", expected: "a hello")
      case .get: throw .type(found: "get", expected: "a hello")
      }
      try settle(hello)
      state = .idle
      return .ready
    case .asked(let id, let nodeCount, let getCount):
      switch try codec.reply(line) {
      case .hello: throw .type(found: "hello", expected: "an answer")
      case .answer(let answer):
        if let other = answer.id, other != id { throw .wrongBatch(other, expected: id) }
        guard answer.results.count == nodeCount else { throw .resultCount(answer.results.count, expected: nodeCount) }
        if mode == .classic, answer.results.contains(where: { !$0.calls.isEmpty }) { throw .callInClassicView }
        state = .idle
        return .answered(answer.results)
      case .get(let get):
        let view = get.view ?? codec.views[0]
        guard codec.views.contains(view) else { throw .unknownView(view) }
        guard getCount < ApplyLimits.getCount else { throw .tooManyQuestions }
        state = .asked(id: id, nodeCount: nodeCount, getCount: getCount + 1)
        return .asksFor(view: view, index: get.index, count: min(get.count, ApplyLimits.blockCount))
      }
    }
  }

  private mutating func settle(_ hello: ApplyHello) throws(ApplyProtocolError) {
    guard hello.version == ApplyLimits.version else { throw .version(hello.version) }
    let views = hello.views ?? (namedViews.isEmpty ? [Self.defaultView] : namedViews)
    if !namedViews.isEmpty, views != namedViews { throw .otherViews(program: views, commandLine: namedViews) }
    let isGood = views.allSatisfy { Self.isName($0) } && Set(views).count == views.count
    guard isGood, !views.isEmpty, views.count <= ApplyLimits.viewCount else {
      throw .member("views", expected: "an array of 1 to \(ApplyLimits.viewCount) different names")
    }
    if mode == .classic, views.count > 1 { throw .member("views", expected: "one view, as a classic base has") }
    codec = ApplyCodec(values: hello.values, blocks: hello.blocks, views: views)
    if let limit = hello.limit { nodeLimit = Int(min(limit, UInt64(ApplyLimits.nodeCount))) }
  }

  /// The name of the view when nobody gives one.
  public static let defaultView = "view"

  /// Whether a text can be the name of a view: not empty, of bounded length, without control characters, and not one
  /// that the engine uses.
  public static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= ApplyLimits.viewNameByteCount && !text.hasPrefix("_")
      && text.utf8.allSatisfy { $0 >= 32 && $0 != 127 }
  }
}
