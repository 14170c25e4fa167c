import Hypercore

/// Lets an indexer acknowledge what others wrote, at random times (spec 03 §10.2–10.3).
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
    try base.appendAck()
    observe(now)
    return true
  }

  /// Does what is due.
  ///
  /// - Returns: whether something was appended.
  @discardableResult
  public func run(now: UInt64) throws -> Bool {
    switch timer.due(now: now) {
    case nil: return false
    case .advance:
      try base.advance()
      let isAppended = try update(now: now)
      timer.jitter(now: now, using: &generator)
      return isAppended
    case .answer:
      defer {
        observe(now)
        timer.didAcknowledge(now: now, indexers: base.activeIndexerCount, using: &generator)
      }
      return try base.acknowledge()
    }
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
      timer.advanced(
        isAppended: length != seenLength, isBehind: base.isIndexerBehind, now: now, using: &generator)
    }
    (seenChanges, seenLength, seenIndexers) = (changes, length, indexers)
  }
}

/// A generator of any kind, to hand on as a generic one.
private struct AnyGenerator: RandomNumberGenerator {
  var base: any RandomNumberGenerator
  mutating func next() -> UInt64 { base.next() }
}
