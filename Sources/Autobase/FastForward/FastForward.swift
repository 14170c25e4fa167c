import CompactEncoding
import Hyperbee
import Hypercore

/// Gathers what a base needs to go on from a state that others have signed, instead of applying all nodes up to there
/// (spec 03 §12).
///
/// A state machine without input or output: ``step(_:now:)`` looks at what is stored, and says what is missing.
///
/// ```
/// in a base of which nothing is known: the newest block of the bootstrap writer, which names a system core
/// the signed head of the target system core, and of the encryption core it names
/// block length − 1 of it: the info
/// the records of the local writer, of all indexers and all heads
/// the last block of every view; the last block and the manifest of every indexer's log
/// ```
///
/// Of a log that is frozen, since its writer signed two histories, nothing more will come, and nothing is waited for.
///
/// Nothing new for ``timeoutMilliseconds`` ends it.
struct FastForward {
  /// The target system core, once it is known.
  private(set) var key: Fixed32?
  /// The writer whose newest block names it, in a base of which nothing else is known.
  let writer: Fixed32?
  /// The least number of blocks to gain.
  let minimum: UInt64
  /// Whether to go there whatever is gained.
  let isForced: Bool
  /// The signed length that somebody has told of.
  let announcedLength: UInt64
  /// The target length, once the core's signed length is known.
  private(set) var length: UInt64 = 0
  /// What is missing: ranges of blocks by core; none for a core whose signed head is missing.
  private(set) var missing: [Fixed32: Set<UInt64>] = [:]
  /// The first thing that is missing, for people.
  private(set) var wait: String?
  /// When to give up.
  private(set) var deadline: UInt64

  static let timeoutMilliseconds: UInt64 = 5000
  static let defaultMinimum: UInt64 = 16
  /// How long not to try again after a failure.
  static let pauseMilliseconds: UInt64 = 300_000

  /// One that begins with the system core that a writer's newest block names.
  init(writer: Fixed32, now: UInt64) {
    self.writer = writer
    announcedLength = 1
    minimum = Self.defaultMinimum
    isForced = false
    deadline = now + Self.timeoutMilliseconds
  }

  init(key: Fixed32, minimum: UInt64, isForced: Bool = false, announcedLength: UInt64 = 1, now: UInt64) {
    self.key = key
    writer = nil
    self.announcedLength = announcedLength
    self.minimum = minimum
    self.isForced = isForced
    deadline = now + Self.timeoutMilliseconds
  }

  enum Outcome: Equatable {
    /// Something is missing.
    case waits
    /// All is here.
    case ready
    /// There is too little to gain.
    case notWorthwhile
    /// Nothing new came in time, or what came makes no sense.
    case failed
  }

  /// Looks at what is stored.
  mutating func step(_ base: Autobase, now: UInt64) -> Outcome {
    let before = (missing, length)
    missing = [:]
    wait = nil
    do {
      let outcome = try gather(base)
      guard outcome == .waits else { return outcome }
    } catch {
      return .failed
    }
    if (missing, length) != before { deadline = now + Self.timeoutMilliseconds }
    return now >= deadline ? .failed : .waits
  }

  private mutating func gather(_ base: Autobase) throws -> Outcome {
    if let writer, key == nil {
      let log = LoggedMessages(log: try base.storage.writer(writer), keys: base.keys)
      let length = log.length
      let found = try need(writer, "the log of writer") { try CheckpointState(at: length) { try log.message($0) } }
      key = found?.digest?.value
      if !missing.isEmpty { return .waits }
    }
    guard let key, key != base.system.view.key || writer == nil else { return .notWorthwhile }
    let expected = isForced ? 1 : min(announcedLength, base.length + minimum)
    guard let system = try core(key, max(expected, length), "the system core", base) else { return .waits }
    let keys = BlockKeys(baseKey: base.key, encryptionKey: base.encryptionKey)
    if system.manifest.version >= 2 {
      guard let linked = system.manifest.linked?.first else { return .failed }
      guard let encryption = try core(linked, 1, "the encryption core", base) else { return .waits }
      for index in 0..<encryption.signedLog.length {
        try need(linked, "the encryption core") { _ = try encryption.signedLog.block(at: index) }
      }
      guard missing.isEmpty else { return .waits }
      try keys.update(length: encryption.signedLog.length) { try encryption.signedLog.block(at: $0) }
    }
    if length == 0 { length = system.signedLog.length }
    guard isForced || length >= base.length + minimum else { return .notWorthwhile }
    let bee = Hyperbee(DecryptedLog(system.signedLog, keys.view(SystemView.name, system.manifest))).at(length)
    let target = length
    let found: SystemInfo?? = try need(key, "the system core") { try SystemView.info(at: target, bee) }
    guard let found else { return .waits }
    guard let info = found, info.members > 0 else { return .failed }
    try gather(info, bee, key, base)
    return missing.isEmpty ? .ready : .waits
  }

  private mutating func gather(
    _ info: SystemInfo, _ bee: Hyperbee, _ key: Fixed32, _ base: Autobase
  ) throws {
    var members = info.indexers.map { $0.key } + info.heads.map { $0.key }
    if let local = base.local { members.append(local.key) }
    for member in Set(members) {
      try need(key, "the system core") { _ = try bee.get(SystemView.memberKey(member)) }
    }
    for view in info.views where view.length > 0 {
      guard let core = try core(view.key, view.length, "a view", base) else { continue }
      try need(view.key, "a view") { _ = try core.signedLog.block(at: view.length - 1) }
    }
    for indexer in info.indexers where indexer.length > 0 && indexer.key != base.ownLog?.key {
      guard try base.storage.isStored(indexer.key) else {
        note(indexer.key, nil, "the log of indexer")
        continue
      }
      let log = try base.storage.writer(indexer.key)
      if log.hasConflict { continue }
      guard log.manifest != nil, log.length >= indexer.length else {
        note(indexer.key, nil, "the log of indexer")
        continue
      }
      try need(indexer.key, "the log of indexer") { _ = try log.block(at: indexer.length - 1) }
    }
  }

  /// A core of the target state whose signed length is at least `length`.
  private mutating func core(
    _ key: Fixed32, _ length: UInt64, _ what: String, _ base: Autobase
  ) throws -> (any ViewStorage)? {
    if let core = try base.storage.view(key: key), core.signedLog.length >= length { return core }
    note(key, nil, what)
    return nil
  }

  @discardableResult
  private mutating func need<R>(_ core: Fixed32, _ what: String, _ body: () throws -> R) throws -> R? {
    do { return try body() } catch LogError.blockNotAvailable(let index, _) {
      note(core, index, what)
      return nil
    }
  }

  private mutating func note(_ core: Fixed32, _ index: UInt64?, _ what: String) {
    if wait == nil {
      wait = (index.map { "block \($0) of" } ?? "the head of") + " \(what) \(core.description.prefix(8))"
    }
    missing[core, default: []].formUnion(index.map { [$0] } ?? [])
  }
}
