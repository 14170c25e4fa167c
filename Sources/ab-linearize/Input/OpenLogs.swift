import Autobase
import AutobaseClassic
import CompactEncoding
import Corestore
import Hypercore
import HypercoreArchive
import StoreToolKit
import ToolKit

/// The logs that a verb works on, open for reading.
final class OpenLogs {
  /// The inputs, each once, in the order they were named.
  private(set) var inputs: [any CausalLog] = []
  /// The indexers, as the system view of the base lists them; empty when logs were named or piped.
  private(set) var indexers: [Fixed32] = []
  private let sources: LogSources
  private let named: [LogReference]
  private var storedNames: LogNames?
  private let origin: Origin

  private enum Origin {
    case store(Corestore, StoreWatcher?)
    case given([ArchivedLog], PipedLogs)
  }

  /// Opens the logs.
  ///
  /// - Parameters:
  ///   - more: logs that are named besides those of `--input`.
  ///   - open: the store, where it is open already.
  ///   - isLive: whether ``wait(timeoutMilliseconds:)`` will be called; otherwise a pipe is read to its end.
  init(_ sources: LogSources, _ more: [LogReference] = [], in open: Corestore? = nil, isLive: Bool = false) throws {
    self.sources = sources
    named = sources.input + more
    if sources.isPiped {
      let piped = try PipedLogs(readsPipe: sources.stdin)
      if !isLive { while try piped.takeRecord() {} }
      origin = .given(try sources.archivedLogs(), piped)
    } else {
      // Made before the first look, so that a commit in between is not missed.
      let watcher = isLive ? StoreWatcher(directory: try sources.location.resolve().path) : nil
      let store = try open ?? sources.location.open(isReadOnly: true)
      origin = .store(store, watcher)
      storedNames = try LogNames(store)
    }
    for reference in named {
      // A log that is still to come through a pipe is taken up when it does.
      if isLive, sources.isPiped { break }
      add(try find(reference))
    }
    if inputs.isEmpty { _ = try addMembers() }
  }

  /// The store, where logs come from one.
  var store: Corestore? {
    if case .store(let store, _) = origin { store } else { nil }
  }

  /// The name that a log has in the store or in the stream, for people.
  func name(_ key: Fixed32) -> String? {
    switch origin {
    case .store: storedNames?[key]
    case .given(let archived, let piped):
      (piped.names[key] ?? archived.first { $0.key == key }?.head.name).map { Messages.escape($0) }
    }
  }

  /// What came of waiting.
  enum News {
    /// There may be something.
    case some
    /// The time is over.
    case timeout
    /// The pipe has ended: nothing more comes.
    case end
  }

  /// Waits for news: a commit to the store, or records from the pipe.
  func wait(timeoutMilliseconds: Int) throws -> News {
    switch origin {
    case .store(_, let watcher):
      return watcher?.wait(timeoutMilliseconds: timeoutMilliseconds) == true ? .some : .timeout
    case .given(_, let piped):
      var count = 0
      repeat {
        guard try piped.takeRecord() else { return count > 0 ? .some : .end }
        count += 1
      } while piped.isReady && count < 1000
      return .some
    }
  }

  /// Adds a log; false when it is an input already.
  @discardableResult
  func add(_ log: any CausalLog) -> Bool {
    guard !inputs.contains(where: { $0.key == log.key }) else { return false }
    inputs.append(log)
    return true
  }

  /// Adds the logs that belong to the inputs now: the writers of the base, or what the pipe brought. Those that are new
  /// are returned.
  func addMembers() throws -> [any CausalLog] {
    switch origin {
    case .given(let archived, let piped):
      try OpenLogs.merge(archived, piped.logs).filter { log in
        try named.isEmpty ? !OpenLogs.isOutput(log) : isNamed(log.key)
      }.filter { add($0) }
    case .store(let store, _): named.isEmpty ? try writers(of: store).filter { add($0) } : []
    }
  }

  /// Archived logs come before those of the pipe.
  private static func merge(_ archived: [ArchivedLog], _ piped: [KeyedMemoryLog]) -> [any CausalLog] {
    archived + piped.filter { log in !archived.contains { $0.key == log.key } }
  }

  /// Whether a log holds a view, and so is no input.
  private static func isOutput(_ log: any CausalLog) throws -> Bool {
    guard log.length > 0, let first = try? log.block(at: 0) else { return false }
    return NodeFormat.detect(firstBlock: first)?.role == .output
  }

  private func isNamed(_ key: Fixed32) -> Bool { named.contains { $0.key == key || $0.text == name(key) } }

  /// The bootstrap writer first, the others by key, as far as they are stored.
  private func writers(of store: Corestore) throws -> [Hypercore] {
    let base: Autobase
    do {
      base = try sources.base.open(store)
    } catch var error as ToolError {
      error.hints.append("logs that belong to no base are named with --input")
      throw error
    }
    indexers = base.info.indexers.map(\.key)
    let folder = try sources.base.folder(of: store)
    return try ([base.key] + base.writers().dropFirst().sorted())
      .filter { try store.has(key: $0) }.map { try folder.get(key: $0, isReadOnly: true) }
  }

  /// The log with this key, whether it is an input or not; nil when it is not at hand.
  func log(_ key: Fixed32) throws -> (any CausalLog)? {
    switch origin {
    case .given(let archived, let piped): archived.first { $0.key == key } ?? piped.log(key)
    case .store(let store, _): try store.has(key: key) ? try store.get(key: key, isReadOnly: true) : nil
    }
  }

  /// The log that is meant.
  func find(_ reference: LogReference) throws -> any CausalLog {
    switch origin {
    case .store(let store, _): return try reference.find(in: store)
    case .given(let archived, let piped):
      let all = OpenLogs.merge(archived, piped.logs)
      if let log = all.first(where: { $0.key == reference.key || name($0.key) == reference.text }) { return log }
      throw OpenLogs.notPiped(reference)
    }
  }

  static func notPiped(_ reference: LogReference) -> ToolError {
    ToolError(.negative, "there is no log \(Messages.escape(reference.text)) in what was piped or archived")
  }

  /// Calls `body` with every block of a log of the store, from the first on.
  func forEachBlock(of log: any CausalLog, _ body: (UInt64, [UInt8]) throws -> Void) throws {
    guard let store, let log = log as? Hypercore else { preconditionFailure("logs of a store are meant") }
    do {
      try BlockReader(log, in: store).forEach(0..<log.length, body)
    } catch LogError.blockNotAvailable(let seq, let length) {
      throw ClassicError.unavailable(key: log.key, seq: seq, length: length).toolError(text)
    }
  }

  /// Runs `body`, in which many reads cost little more than one, and all see the same state.
  func read<R>(_ body: () throws -> R) throws -> R {
    if let store { try store.read(body) } else { try body() }
  }
}
