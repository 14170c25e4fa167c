/// When an indexer should look whether it has something to acknowledge (spec 03 §10.3): a state machine that is told
/// the time, and asked for the next deadline.
///
/// Two indexers that always answer at the same moment make concurrent branches again and again and do not converge, so
/// every delay is random: `r(n)` is a random number in `n ..< 2n`.
///
/// * Every piece of news postpones the next look to `r(interval)` from then, but not for longer than `r(limit)` since
///   the first postponement.
/// * When `r(indexers × threshold)` rounds changed something and nothing was appended here, it comes within a third of
///   the interval.
/// * While an answer is known to be missing, indexers take turns: the one whose turn it is looks at once, the next one
///   after half an interval, and so on, each up to a half later by chance. An answer gives the turn to the one
///   behind its writer. So a value is final after a few answers instead of a few intervals, and no two answer together
///   as long as they have heard of the same. Between two answers of one indexer lies at least a twelfth of the interval.
/// * While nothing at all is open, a look is taken once or twice a second at most.
/// * Nodes that answer faster than blocks travel make concurrent branches without end, too. So where answers in a row led
///   to nothing that was indexed, each more of them doubles the interval, up to a limit; progress takes that back.
/// * A look that is due first waits once more, for less than a third of the interval, so that indexers which are woken
///   by the same event do not answer together.
public struct AckTimer: Sendable {
  /// How often to look.
  public struct Settings: Sendable, Hashable {
    /// About how long to wait before looking; 0 for never.
    public var intervalMilliseconds: UInt64
    /// Rounds by others, for each indexer, after which not to wait any longer; 0 for any number.
    public var threshold: UInt64
    /// About how long news may postpone a look.
    public var limitMilliseconds: UInt64
    /// How far the interval grows while answers lead to nothing.
    public var maximumIntervalMilliseconds: UInt64 = 10_000

    /// The reference's settings by default.
    public init(intervalMilliseconds: UInt64 = 10_000, threshold: UInt64 = 4, limitMilliseconds: UInt64 = 120_000) {
      self.intervalMilliseconds = intervalMilliseconds
      self.threshold = threshold
      self.limitMilliseconds = limitMilliseconds
    }
  }

  /// What a look would find, as far as it is known.
  public enum Need: Sendable, Hashable {
    /// Nothing is open.
    case none
    /// Values are open, and others have to answer.
    case others
    /// An answer of the local writer is missing, and so many others have their turn before.
    case own(turn: Int)
  }

  /// What is due.
  public enum Step: Sendable, Hashable {
    /// To bring the base up to date; then ``jitter(now:using:)``.
    case advance
    /// To append an ack if it helps; then ``didAcknowledge(now:indexers:isAnswered:using:)``.
    case answer
  }

  /// The settings.
  public let settings: Settings
  /// Rounds that changed something since the last append or look.
  public private(set) var ticks: UInt64 = 0
  /// Rounds after which not to wait any longer.
  public private(set) var tickLimit: UInt64
  /// Answers that led to nothing that was indexed, less what progress took back.
  private var fruitless = 0
  private var need = Need.others
  private var state = State.stopped
  /// When news first postponed the look that comes next.
  private var start: UInt64?
  private let limit: UInt64
  /// When the local writer last answered.
  private var answerTime: UInt64?
  /// Whether the look that is taken is for an answer that is known to be missing.
  private var looksForOwn = false
  /// Until when a missing answer waits, since the last one could not be given. Whether one is missing may change with
  /// every block that comes meanwhile.
  private var restUntil: UInt64 = 0

  private enum State: Sendable {
    case stopped
    case waiting(until: UInt64, isAsap: Bool)
    case answering(at: UInt64)
  }

  /// A timer that is stopped.
  public init(_ settings: Settings, using generator: inout some RandomNumberGenerator) {
    self.settings = settings
    limit = Self.random(settings.limitMilliseconds, &generator)
    tickLimit = settings.threshold
  }

  /// When ``due(now:)`` is to be called next; nil while the timer is stopped.
  public var nextDeadline: UInt64? {
    switch state {
    case .stopped: nil
    case .waiting(let deadline, _), .answering(let deadline): deadline
    }
  }

  /// Whether it runs.
  public var isRunning: Bool { nextDeadline != nil }

  /// What is due at `now`; nil for nothing.
  public func due(now: UInt64) -> Step? {
    switch state {
    case .waiting(let deadline, _) where deadline <= now: .advance
    case .answering(let deadline) where deadline <= now: .answer
    default: nil
    }
  }

  /// Starts the timer, unless it runs or its interval is 0.
  ///
  /// - Parameter unindexed: number of system blocks that are not indexed. When they are many, somebody is waiting.
  public mutating func start(
    now: UInt64, indexers: Int, unindexed: UInt64, using generator: inout some RandomNumberGenerator
  ) {
    guard settings.intervalMilliseconds > 0, !isRunning else { return }
    setTickLimit(indexers, &generator)
    if unindexed > tickLimit { ticks = tickLimit }
    schedule(now, &generator)
  }

  /// Stops the timer.
  public mutating func stop() {
    state = .stopped
    start = nil
    ticks = 0
  }

  /// Blocks of others came in: postpones the look.
  public mutating func bump(now: UInt64, using generator: inout some RandomNumberGenerator) {
    guard case .waiting(_, isAsap: false) = state else { return }
    if let start, now > start, now - start > limit { return }
    schedule(now, &generator)
  }

  /// A round has changed something.
  ///
  /// - Parameters:
  ///   - isAppended: whether something was appended here.
  ///   - isBehind: whether blocks of an indexer are known of that are not ordered yet: then the usual time is waited.
  public mutating func advanced(
    isAppended: Bool, isBehind: Bool, now: UInt64, using generator: inout some RandomNumberGenerator
  ) {
    if isAppended {
      ticks = 0
      relax(now, &generator)
    } else {
      ticks += 1
    }
    guard tickLimit > 0, ticks >= tickLimit, !isBehind, case .waiting(_, isAsap: false) = state else { return }
    state = .waiting(until: now + jitter(&generator), isAsap: true)
  }

  /// What a look would find has become known.
  public mutating func setNeed(_ new: Need, now: UInt64, using generator: inout some RandomNumberGenerator) {
    guard new != need else { return }
    need = new
    guard case .waiting(_, isAsap: false) = state else { return }
    schedule(now, &generator)
  }

  /// The set of indexers has changed.
  public mutating func setIndexers(_ count: Int, now: UInt64, using generator: inout some RandomNumberGenerator) {
    setTickLimit(count, &generator)
    relax(now, &generator)
  }

  /// The local writer has answered.
  ///
  /// - Parameter hasProgress: whether more is indexed than at the answer before.
  public mutating func answered(hasProgress: Bool, now: UInt64) {
    answerTime = now
    fruitless = hasProgress ? fruitless / 2 : min(fruitless + 1, Self.patience + 12)
  }

  /// How seldom to look while nothing is open.
  private static let restMilliseconds: UInt64 = 1_000

  /// Answers that need not lead to anything: a value takes two rounds.
  private static let patience = 3

  /// About how long to wait before looking, as things stand.
  var intervalMilliseconds: UInt64 {
    let doublings = UInt64(max(fruitless - Self.patience, 0))
    let interval = settings.intervalMilliseconds
    return max(interval, min(interval << doublings, settings.maximumIntervalMilliseconds))
  }

  /// The base is up to date: waits a moment before answering.
  public mutating func jitter(now: UInt64, using generator: inout some RandomNumberGenerator) {
    guard case .waiting = state else { return }
    // The delay before a look that is known to find something was of this kind already.
    if case .own = need {
      looksForOwn = true
      state = .answering(at: now)
    } else {
      looksForOwn = false
      state = .answering(at: now + jitter(&generator))
    }
  }

  /// The look is over.
  ///
  /// - Parameter isAnswered: whether the local writer has answered. When it could not although that was needed, there is
  ///   no point in trying again at once.
  public mutating func didAcknowledge(
    now: UInt64, indexers: Int, isAnswered: Bool, using generator: inout some RandomNumberGenerator
  ) {
    setTickLimit(indexers, &generator)
    guard isRunning else { return }
    start = nil
    var isOwn = false
    if case .own = need { isOwn = true }
    if !isAnswered, isOwn || looksForOwn { restUntil = now + Self.random(intervalMilliseconds, &generator) }
    if !isAnswered, isOwn {
      start = now
      state = .waiting(until: restUntil, isAsap: false)
    } else {
      schedule(now, &generator)
    }
  }

  /// Nothing is urgent any more.
  private mutating func relax(_ now: UInt64, _ generator: inout some RandomNumberGenerator) {
    guard case .waiting(_, isAsap: true) = state else { return }
    schedule(now, &generator)
  }

  private mutating func setTickLimit(_ indexers: Int, _ generator: inout some RandomNumberGenerator) {
    guard settings.threshold > 0 else { return }
    ticks = 0
    tickLimit = Self.random(UInt64(max(indexers, 1)) * settings.threshold, &generator)
  }

  private mutating func schedule(_ now: UInt64, _ generator: inout some RandomNumberGenerator) {
    if start == nil { start = now }
    let delay =
      switch need {
      case .own(let turn): self.delay(turn: turn, now, &generator)
      case .others: Self.random(intervalMilliseconds, &generator)
      case .none: Self.random(max(intervalMilliseconds, Self.restMilliseconds), &generator)
      }
    state = .waiting(until: now + delay, isAsap: false)
  }

  private func delay(turn: Int, _ now: UInt64, _ generator: inout some RandomNumberGenerator) -> UInt64 {
    let half = max(intervalMilliseconds / 2, 1)
    let slot = turn == 0 ? 0 : UInt64(turn) * half + .random(in: 0..<half, using: &generator)
    let earliest = max(restUntil, answerTime.map { $0 + intervalMilliseconds / 12 } ?? 0)
    return max(slot, earliest > now ? earliest - now : 0)
  }

  private static func random(_ n: UInt64, _ generator: inout some RandomNumberGenerator) -> UInt64 {
    n == 0 ? 0 : UInt64.random(in: n..<2 * n, using: &generator)
  }

  private func jitter(_ generator: inout some RandomNumberGenerator) -> UInt64 {
    UInt64.random(in: 0..<max(intervalMilliseconds / 3, 1), using: &generator)
  }
}
