import Hypercore

/// Lets an indexer acknowledge what others wrote, at random times (spec 03 §10.2–10.3).
///
/// The rules of when to answer can leave values open for good: after a burst of writes by several indexers it happens
/// that each has seen all votes the others gave, no vote is missing by the rules, and yet no majority has confirmed the
/// oldest value. Everybody is silent then, until somebody writes again. So an indexer that finds nothing to answer
/// twice in a row, while values are open and nothing has changed, votes all the same if others lack its vote for anything
/// at all. A node without value is allowed at any time, so nodes that know nothing of this accept it. Where it does not
/// help, for example since a majority is absent, it is tried again after twice as many looks each time.
///
/// A driver calls ``update(now:)`` after everything it did with the base, ``bump(now:)`` when blocks of others were
/// stored, and ``run(now:)`` when ``nextDeadline`` has come.
public final class Acknowledger {
  /// The base.
  public let base: Autobase
  /// The timer.
  public private(set) var timer: AckTimer
  private var generator: AnyGenerator
  private var seenChanges: UInt64
  private var seenLength: UInt64
  private var seenIndexers: Int
  private var silence = Silence()
  /// What was indexed when the local writer last answered.
  private var answeredLength: UInt64 = 0

  /// How long nothing was found to answer although values are open.
  private struct Silence {
    /// Looks in a row.
    var looks: UInt64 = 0
    /// Looks after which to vote all the same.
    var limit = Self.firstLimit
    /// What was open at the last look.
    var indexedLength: UInt64 = 0
    var openValues = 0

    static let firstLimit: UInt64 = 2
    static let lastLimit: UInt64 = 1 << 13

    /// Notes what is open; anything new is a fresh start.
    mutating func note(_ length: UInt64, _ count: Int) {
      guard length != indexedLength || count != openValues else { return }
      self = Silence(indexedLength: length, openValues: count)
    }
  }

  /// Acknowledges for a base.
  ///
  /// - Parameter generator: where delays come from.
  public init(
    _ base: Autobase, settings: AckTimer.Settings = AckTimer.Settings(), generator: any RandomNumberGenerator
  ) {
    self.base = base
    var generator = AnyGenerator(base: generator)
    timer = AckTimer(settings, using: &generator)
    self.generator = generator
    seenChanges = base.changeCount
    seenLength = base.local?.length ?? 0
    seenIndexers = base.activeIndexerCount
  }

  /// When ``run(now:)`` is to be called next; nil for never, as things stand.
  public var nextDeadline: UInt64? { timer.nextDeadline }

  /// Blocks of others were stored: there will be more, so an answer can wait.
  public func bump(now: UInt64) { timer.bump(now: now, using: &generator) }

  /// Takes note of what the base did since the last call. A new indexer introduces itself at once.
  ///
  /// - Returns: whether something was appended.
  @discardableResult
  public func update(now: UInt64) throws -> Bool {
    observe(now)
    guard base.isPendingIndexer, base.needsAck() else { return false }
    let isAppended = try base.acknowledge()
    observe(now)
    return isAppended
  }

  /// Does what is due.
  ///
  /// - Returns: whether something was appended.
  @discardableResult
  public func run(now: UInt64) throws -> Bool {
    var isAppended = false
    if timer.due(now: now) == .advance {
      try base.advance()
      isAppended = try update(now: now)
      timer.jitter(now: now, using: &generator)
    }
    // An answer that is known to be missing is due at once.
    guard timer.due(now: now) == .answer else { return isAppended }
    var isAnswered = false
    defer {
      observe(now)
      timer.didAcknowledge(now: now, indexers: base.activeIndexerCount, isAnswered: isAnswered, using: &generator)
    }
    isAnswered = try answer(now)
    return isAppended || isAnswered
  }

  private func answer(_ now: UInt64) throws -> Bool {
    if try base.acknowledge() {
      silence.looks = 0
      timer.answered(hasProgress: base.indexedLength != answeredLength, now: now)
      answeredLength = base.indexedLength
      return true
    }
    silence.note(base.indexedLength, base.openValueCount)
    guard silence.openValues > 0, base.isIndexer else { return false }
    silence.looks += 1
    guard silence.looks > silence.limit else { return false }
    silence.looks = 0
    silence.limit = min(silence.limit * 2, Silence.lastLimit)
    return try base.acknowledge(isStalled: true)
  }

  private func observe(_ now: UInt64) {
    guard base.isIndexer || base.isPendingIndexer else {
      timer.stop()
      return
    }
    let (changes, length) = (base.changeCount, base.local?.length ?? 0)
    let indexers = base.activeIndexerCount
    timer.start(
      now: now, indexers: indexers, unindexed: base.length - min(base.indexedLength, base.length), using: &generator)
    if indexers != seenIndexers { timer.setIndexers(indexers, now: now, using: &generator) }
    if changes != seenChanges || length != seenLength {
      silence.looks = 0
      timer.advanced(
        isAppended: length != seenLength, isBehind: base.isIndexerBehind, now: now, using: &generator)
    }
    (seenChanges, seenLength, seenIndexers) = (changes, length, indexers)
    let need: AckTimer.Need =
      base.needsAck() ? .own(turn: base.answerTurn) : base.hasOpenValues ? .others : .none
    timer.setNeed(need, now: now, using: &generator)
  }
}

/// A generator of any kind, to hand on as a generic one.
private struct AnyGenerator: RandomNumberGenerator {
  var base: any RandomNumberGenerator
  mutating func next() -> UInt64 { base.next() }
}
