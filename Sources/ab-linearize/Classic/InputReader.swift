import AutobaseClassic
import CompactEncoding
import Hypercore
import HypercoreCrypto
import ToolKit

/// Drives a read stream: writes its nodes, keeps the checkpoint, and waits for what is not here.
struct InputReader {
  private let logs: OpenLogs
  private let base: ClassicAutobase
  private var stream: ReadStream
  private let output: NodeOutput
  private var checkpoint: Checkpoint?
  private let resolves: Bool
  private var warned: Set<Fixed32> = []
  private let clock = ContinuousClock()

  init(
    _ logs: OpenLogs, _ base: ClassicAutobase, _ stream: ReadStream, output: NodeOutput, checkpoint: Checkpoint?,
    resolves: Bool
  ) {
    self.logs = logs
    self.base = base
    self.stream = stream
    self.output = output
    self.checkpoint = checkpoint
    self.resolves = resolves
  }

  /// Why a run of steps ended.
  private enum Pause {
    /// There may be more at once.
    case full
    case unresolved(InputNode)
    case waiting
    case finished
    case failed(any Error)
  }

  /// Reads to the end; a live stream has none unless it comes from a pipe.
  ///
  /// - Parameter timeoutMilliseconds: how long a stream that is not live waits for a block.
  mutating func run(isLive: Bool, timeoutMilliseconds: Int64) throws {
    var saved = clock.now
    var deadline: ContinuousClock.Instant?
    while true {
      let (items, pause) = try steps()
      for item in items { try output.write(item) }
      if !items.isEmpty { deadline = nil }
      switch pause {
      case .full:
        guard clock.now - saved > .seconds(1) else { continue }
      case .unresolved(let node):
        try stream.resolve(answer(node))
        continue
      case .waiting, .finished, .failed: break
      }
      try settle()
      saved = clock.now
      switch pause {
      case .full, .unresolved: continue
      case .finished: return try output.end()
      case .waiting: if try !news(within: nil) { return try output.end() }
      case .failed(let error):
        guard case ClassicError.unavailable(let key, let seq, _) = error else { throw error }
        let limit = deadline ?? clock.now + .milliseconds(timeoutMilliseconds)
        if deadline == nil, isLive || timeoutMilliseconds >= 1000 {
          Messages.note("waits for block \(seq) of \(logs.text(key))")
        }
        deadline = limit
        let rest = clock.now.duration(to: limit) / .milliseconds(1)
        if !isLive, rest <= 0 { throw error }
        if try !news(within: isLive ? nil : Int(rest.rounded(.up))), isLive { throw error }
      }
    }
  }

  /// Takes in again the logs that an earlier run resolved; tells of logs that have become shorter since.
  mutating func resume(from checkpoint: ReadCheckpoint) throws {
    for entry in checkpoint.entries {
      let known = base.inputs.first { $0.key == entry.key }
      if known == nil, resolves, let log = try logs.log(entry.key) { try join(log) }
      guard let known, entry.length > known.length else { continue }
      Messages.warning(
        "\(logs.text(entry.key)) has \(known.length) nodes; the checkpoint says that \(entry.length) were read")
    }
  }

  private func join(_ log: any CausalLog) throws {
    logs.add(log)
    try base.addInput(log)
  }

  /// Some nodes, read in one transaction, and why there are no more.
  private mutating func steps() throws -> ([NodeOutput.Item], Pause) {
    try logs.read {
      var items: [NodeOutput.Item] = []
      do {
        while items.count < 256 {
          switch try stream.step() {
          case .node(let node): items.append(try output.item(node))
          case .unresolved(let node): return (items, .unresolved(node))
          case .waiting: return (items, .waiting)
          case .finished: return (items, .finished)
          }
        }
      } catch {
        return (items, .failed(error))
      }
      return (items, .full)
    }
  }

  /// Everything that was read is written out, and only then noted as read.
  private mutating func settle() throws {
    try output.flush()
    try checkpoint?.save(stream.checkpoint)
  }

  /// Adds the logs that a node has seen and that are no inputs, as far as they are wanted and at hand.
  ///
  /// - Returns: whether one was added.
  private mutating func answer(_ node: InputNode) throws -> Bool {
    var isResolved = false
    for entry in node.clock.entries where !base.inputs.contains(where: { $0.key == entry.key }) {
      if resolves, let log = try logs.log(entry.key) {
        try join(log)
        isResolved = true
      } else if warned.insert(entry.key).inserted {
        Messages.warning(
          "node \(node.seq + 1) of \(logs.text(node.key)) has seen \(logs.text(entry.key)), which is no input")
      }
    }
    return isResolved
  }

  /// Waits until something came, and takes in logs that joined; false at the end of the pipe, and when the time is over.
  private func news(within milliseconds: Int?) throws -> Bool {
    while true {
      switch try logs.wait(timeoutMilliseconds: min(milliseconds ?? 60_000, 60_000)) {
      case .end: return false
      case .timeout: if milliseconds != nil { return false }
      case .some:
        for log in try logs.addMembers() { try base.addInput(log) }
        return true
      }
    }
  }
}
