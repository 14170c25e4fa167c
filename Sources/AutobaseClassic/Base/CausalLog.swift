public import CompactEncoding
public import Hypercore

/// A log that can be an input or an output: one with a name.
public protocol CausalLog: ReadableLog {
  /// The core key.
  var key: Fixed32 { get }
}

extension Hypercore: CausalLog {}

/// A log in memory with a key: for logs that come from a pipe or an archive, and for tests. Not signed.
public final class KeyedMemoryLog: ObservableLog, AppendableLog {
  public let key: Fixed32
  private let log: MemoryLog
  private var observers: [WeakObserver] = []

  private final class Observer {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }

  private struct WeakObserver { weak var observer: Observer? }

  /// A log that holds `blocks`.
  public init(key: Fixed32, _ blocks: [[UInt8]] = []) {
    self.key = key
    log = MemoryLog(blocks)
  }

  private init(key: Fixed32, sharing log: MemoryLog) {
    self.key = key
    self.log = log
  }

  /// All blocks.
  public var blocks: [[UInt8]] { log.blocks }
  public var length: UInt64 { log.length }
  public var fork: UInt64 { log.fork }
  public func block(at index: UInt64) throws -> [UInt8] { try log.block(at: index) }

  @discardableResult
  public func append(_ blocks: [[UInt8]]) throws -> UInt64 {
    let length = try log.append(blocks)
    if !blocks.isEmpty { tellObservers() }
    return length
  }

  public func truncate(to length: UInt64) throws {
    try log.truncate(to: length)
    tellObservers()
  }

  public func observe(_ body: @escaping () -> Void) throws -> AnyObject {
    let observer = Observer(body)
    observers.removeAll { $0.observer == nil }
    observers.append(WeakObserver(observer: observer))
    return observer
  }

  private func tellObservers() { for entry in observers { entry.observer?.body() } }

  public func snapshot() throws -> any ReadableLog {
    guard let copy = try log.snapshot() as? MemoryLog else { preconditionFailure("a log in memory has such snapshots") }
    return KeyedMemoryLog(key: key, sharing: copy)
  }
}
