import Autobase
import AutobaseClassic
import CompactEncoding
import Hypercore
import HypercoreArchive
import HypercoreCrypto
import Pipelines
import StoreToolKit
import ToolKit

/// The logs to be ordered, collected from records of `hc-stream(5)` that may come in any order between logs, but in
/// sequence within one.
struct OrderInput: OrderRecords {
  /// A writer's log as far as it was read.
  private struct Log {
    let key: Fixed32
    var nodes: [StreamNode] = []
    /// Of the first nodes; in logs of the classic formats they follow when all logs are read.
    var messages: [OplogMessage] = []
    var isClassic = false
  }

  /// The indexers: those that the system view of the base lists, else the writer that comes first, as in a new base.
  var indexers: [Fixed32] { baseIndexers.isEmpty ? writers.prefix(1).map { entries[$0].key } : baseIndexers }
  private var baseIndexers: [Fixed32] = []
  /// The records of logs.
  private(set) var passed: [StreamRecord] = []
  /// Records of types that are none of ours, to be passed on in front of the node that they came before.
  private(set) var others: [Checkout: [StreamRecord]] = [:]
  /// Those that no node followed, or not yet.
  private(set) var lastOthers: [StreamRecord] = []
  /// In the order in which they came up.
  private var entries: [Log] = []
  private var places: [Fixed32: Int] = [:]
  private var lastEntered = -1
  /// Those that are ordered.
  private var writers: [Int] = []

  /// Reads the logs.
  ///
  /// - Parameter more: logs that are named besides those of `--input`.
  init(_ sources: LogSources, _ more: [LogReference] = []) throws {
    let named = sources.input + more
    if sources.isPiped {
      try readArchives(sources)
      if sources.stdin { try readRecords() }
    } else {
      try readStore(sources, named)
    }
    writers = Array(entries.indices)
    if sources.isPiped, !named.isEmpty {
      writers = try named.map { try find($0) }
      let keys = Set(writers.map { entries[$0].key })
      passed.removeAll { record in if case .core(let core) = record { !keys.contains(core.core) } else { false } }
    }
    try decodeClassic()
  }

  /// The log that came through the pipe under this name or key.
  private func find(_ reference: LogReference) throws -> Int {
    if let key = reference.key, let place = places[key] { return place }
    for case .core(let core) in passed where core.name == reference.text { return place(core.core) }
    throw OpenLogs.notPiped(reference)
  }

  private mutating func readRecords() throws {
    let batches = RecordBatches(try StreamReader(path: "-"))
    // An error must not wait for a slow sender.
    let ahead = ReadAhead(limit: 4, waitsForEnd: false) { try batches.next() }
    while let records = try ahead.next() {
      for record in records { try add(record) }
    }
  }

  private mutating func readArchives(_ sources: LogSources) throws {
    for log in try sources.archivedLogs() {
      var core = StreamCore(core: log.key, length: log.length, fork: log.fork)
      core.name = log.head.name
      open(core)
      for seq in 0..<log.length {
        guard log.has(seq) else { throw ClassicError.unavailable(key: log.key, seq: seq, length: log.length) }
        try add(StreamBlock(core: log.key, seq: seq, fork: log.fork, value: log.block(at: seq)))
      }
    }
  }

  private mutating func readStore(_ sources: LogSources, _ named: [LogReference]) throws {
    let logs = try OpenLogs(sources, named)
    baseIndexers = logs.indexers
    for log in logs.inputs {
      open(StreamCore(core: log.key, length: log.length, fork: log.fork))
      let fork = log.fork
      try logs.forEachBlock(of: log) { seq, block in
        try add(StreamBlock(core: log.key, seq: seq, fork: fork, value: block))
      }
    }
  }

  /// What the engine orders.
  var logs: [WriterMessages] { writers.map { WriterMessages(key: entries[$0].key, messages: entries[$0].messages) } }

  /// Logs whose last batch is not complete, with the first node that was left out.
  var unfinished: [Checkout] {
    writers.map { entries[$0] }.filter { $0.messages.count < $0.nodes.count }
      .map { Checkout(key: $0.key, length: UInt64($0.messages.count) + 1) }
  }

  /// The record of a node.
  func record(_ node: Checkout) -> StreamNode? {
    guard let place = places[node.key], node.length >= 1, node.length <= UInt64(entries[place].nodes.count) else {
      return nil
    }
    return entries[place].nodes[Int(node.length) - 1]
  }

  // MARK: Records

  private mutating func add(_ record: StreamRecord) throws {
    switch record {
    case .core(let core): open(core)
    case .block(let block): try add(block)
    // What a record spells out may have been edited; the block is what the writer signed.
    case .node(let node):
      if try isNew(node.block, at: node.seq, of: node.core) { try append(node) }
    case .truncate(let truncate):
      guard let core = truncate.core else { return lastOthers.append(record) }
      guard let place = places[core], truncate.length <= UInt64(entries[place].nodes.count) else { return }
      let length = Int(truncate.length)
      entries[place].nodes.removeSubrange(length...)
      if !entries[place].isClassic { entries[place].messages.removeSubrange(length...) }
    case .end: break
    case .view, .append, .other: lastOthers.append(record)
    }
  }

  private mutating func open(_ core: StreamCore) {
    passed.append(.core(core))
    _ = enter(core.core)
  }

  private mutating func enter(_ core: Fixed32) -> Int {
    lastEntered = place(core)
    if lastEntered < 0 {
      lastEntered = entries.count
      places[core] = lastEntered
      entries.append(Log(key: core))
    }
    return lastEntered
  }

  /// Records of one log mostly follow one another.
  private func place(_ core: Fixed32) -> Int {
    if lastEntered >= 0, entries[lastEntered].key == core { return lastEntered }
    return places[core] ?? -1
  }

  private mutating func add(_ block: StreamBlock) throws {
    guard try isNew(block.value, at: block.seq, of: block.core) else { return }
    var node = StreamNode(
      core: block.core, seq: block.seq, fork: block.fork, block: block.value, heads: [], batch: 1, value: nil,
      optimistic: false)
    node.extra = block.extra
    try append(node, isDecoded: false)
  }

  /// Whether a block is the next one of its log; false when it is there already.
  private mutating func isNew(_ block: [UInt8], at seq: UInt64, of core: Fixed32) throws -> Bool {
    let place = enter(core)
    let count = UInt64(entries[place].nodes.count)
    if seq < count {
      // The same log twice is harmless; two different logs under one key are not.
      guard entries[place].nodes[Int(seq)].block == block else { throw PipedLogs.forked(core, seq) }
      return false
    }
    guard seq == count else { throw PipedLogs.gap(core, expected: count, found: seq) }
    return true
  }

  /// - Parameter isDecoded: whether the record spells out already what the block says.
  private mutating func append(_ node: StreamNode, isDecoded: Bool = true) throws {
    let place = place(node.core)
    if !lastOthers.isEmpty {
      others[Checkout(key: node.core, length: node.seq + 1), default: []] += lastOthers
      lastOthers = []
    }
    if node.seq == 0 {
      let format = NodeFormat.detect(firstBlock: node.block)?.format
      entries[place].isClassic = format == .alpha8 || format == .alpha9
    }
    guard !entries[place].isClassic else { return entries[place].nodes.append(node) }
    var message: OplogMessage
    do {
      message = try OplogMessage(decoding: node.block)
    } catch {
      throw OrderInput.notAMessage(node.core, node.seq, error)
    }
    if isDecoded {
      // One copy of the value is enough for both: that of the other thread, since giving its memory back would meet it
      // at the allocator's lock.
      if node.value == message.value { message.value = node.value }
      entries[place].nodes.append(node)
    } else {
      var decoded = StreamNode(core: node.core, seq: node.seq, fork: node.fork, block: node.block, message: message)
      decoded.extra = node.extra
      entries[place].nodes.append(decoded)
    }
    entries[place].messages.append(message)
  }

  static func notAMessage(_ core: Fixed32, _ seq: UInt64, _ error: DecodingError) -> ToolError {
    ToolError(
      .incompatible, "block \(seq) of \(KeyIdentifier.encode(core)) is no Autobase message: \(error)",
      hint: "only the logs of a base's writers can be ordered")
  }

  // MARK: Classic inputs

  /// Turns the nodes of classic inputs into messages.
  private mutating func decodeClassic() throws {
    var history = ClassicHistory()
    let classic = writers.filter { entries[$0].isClassic }
    for place in classic {
      try history.add(KeyedMemoryLog(key: entries[place].key, entries[place].nodes.map(\.block)))
    }
    for place in classic {
      for (index, node) in history[entries[place].key].enumerated() {
        let message = OplogMessage(heads: history.heads(of: node), batch: node.batch.rest + 1, value: node.value)
        entries[place].messages.append(message)
        entries[place].nodes[index].heads = message.heads.map { StreamNode.Head(core: $0.key, length: $0.length) }
        entries[place].nodes[index].batch = message.batch
        entries[place].nodes[index].value = message.value
      }
    }
  }
}
