import Autobase
import CompactEncoding
import Corestore
import Hypercore
import Registry
import StoreToolKit
import ToolKit

/// Applies ordered nodes to a view's log, so that the log is always the view of the order that came in.
///
/// The rule is applied as a base does it: an atomic batch at a time, each operation a transaction of the database. What
/// the log holds already is compared with what comes in: the same nodes change nothing, and where the order has become
/// another one, the log is cut back to before that place. States are kept at every commit and behind every batch whose
/// place is not final.
final class ViewBuilder {
  /// Nodes, or bytes of blocks, that are committed together.
  private static let nodesPerCommit = 1000
  private static let bytesPerCommit = 4 << 20

  private let store: Corestore
  private let log: Hypercore
  private let view: RegistryView
  private(set) var rule = RegistryApply()
  /// What the log holds behind the last commit.
  private(set) var state = AppliedState()
  /// States behind ``state`` that the log has gone through, while the incoming nodes are compared with them.
  private var ahead: ArraySlice<AppliedState>
  /// Nodes that came in and are not committed.
  private var waiting: [StreamNode] = []
  private var waitingBytes = 0
  /// Number of nodes that were applied.
  private(set) var applied: UInt64 = 0
  /// Number of nodes that came in, the one that came first counted from its place in the order.
  private var position: UInt64?

  /// - Throws: ``ToolError`` when the log holds something else.
  init(_ log: Hypercore, in store: Corestore) throws {
    self.store = store
    self.log = log
    view = RegistryView(log)
    let states = try log.locals().compactMap { try AppliedState(key: $0.key, value: $0.value) }
    ahead = states[...]
    if log.length != states.last?.viewLength ?? 0 {
      throw ToolError(.refused, "the log was not made by `hdb-view apply`", hint: "--log names another one")
    }
  }

  /// Takes the next node of the order.
  func add(_ node: StreamNode) throws {
    if position == nil { try start(at: node.index ?? 0) }
    let place = position ?? 0
    if let index = node.index, index != place {
      throw ToolError(
        .usage, "node \(index) comes where node \(place) should", hint: "`ab-linearize order` writes nodes in order")
    }
    position = place + 1
    waiting.append(node)
    waitingBytes += node.block.count
    if let next = ahead.first {
      if place + 1 == next.nodes { try compare(with: next) }
    } else if waiting.count >= Self.nodesPerCommit || waitingBytes >= Self.bytesPerCommit {
      try commit()
    }
  }

  /// The order was cut to `length` nodes.
  func truncate(to length: UInt64) throws {
    try finish()
    guard length < state.nodes else { return }
    let states = try log.locals().compactMap { try AppliedState(key: $0.key, value: $0.value) }
    guard let target = length == 0 ? AppliedState() : states.last(where: { $0.nodes == length }) else {
      throw ToolError(
        .integrity, "the order goes back to node \(length), which was called final before",
        hint: "apply the whole order to a new log")
    }
    try store.write { try goBack(to: target) }
    position = length
  }

  /// The order is complete: applies what is left, and drops what the log holds beyond it.
  func finish() throws {
    guard position != nil else { return }
    if !ahead.isEmpty { try leave() }
    try commit()
    if let node = waiting.first {
      throw ToolError(
        .integrity, "the order ends inside the atomic batch that begins with block \(node.seq) of a writer",
        hint: "did the command before it fail?")
    }
  }

  /// Commits what can be, while the next node is waited for.
  func pause() throws { if ahead.isEmpty { try commit() } }

  /// The key and the newest state of the log.
  func head() throws -> (key: Fixed32, head: Head) { (log.key, try log.head()) }

  // MARK: Comparing

  /// Finds the place of the first node, which need not be the first of the order when the log holds those before it.
  private func start(at index: UInt64) throws {
    position = index
    guard index > 0 else { return }
    guard let found = ahead.last(where: { $0.nodes == index }) else {
      throw ToolError(
        .usage, "the order begins with node \(index), the log was not left at that place",
        hint: "the log holds \(ahead.last?.nodes ?? 0) nodes; an order can always begin with the first one")
    }
    state = found
    ahead = ahead.drop { $0.nodes <= index }
  }

  private func compare(with next: AppliedState) throws {
    var found = state
    for node in waiting { found.add(node) }
    guard found.digest == next.digest else { return try leave() }
    state = next
    ahead.removeFirst()
    waiting.removeAll(keepingCapacity: true)
    waitingBytes = 0
  }

  /// From here on the order is another one than the log holds.
  private func leave() throws {
    try store.write { try goBack(to: state) }
    ahead = []
    try commit()
  }

  private func goBack(to target: AppliedState) throws {
    for (key, value) in try log.locals() {
      if let other = try AppliedState(key: key, value: value), other.nodes > target.nodes { try log.setLocal(key, nil) }
    }
    if log.length > target.viewLength { try log.truncate(to: target.viewLength) }
    state = target
  }

  // MARK: Applying

  /// Applies and stores all complete batches that wait.
  private func commit() throws {
    guard let end = try waiting.lastIndex(where: { try message(of: $0).batch <= 1 }) else { return }
    try store.write {
      let host = MembershipHost(state.membership)
      var batch: [[UInt8]] = []
      for node in waiting[...end] {
        let message = try message(of: node)
        state.add(node)
        if host.membership.link(node.core), let value = message.value { batch.append(value) }
        if message.batch > 1 { continue }
        for value in batch { try rule.apply(value, to: view, host: host) }
        batch.removeAll(keepingCapacity: true)
        if node.indexed == false { try store(host.membership) }
      }
      try store(host.membership)
    }
    applied += UInt64(end + 1)
    waiting.removeSubrange(...end)
    waitingBytes = waiting.reduce(0) { $0 + $1.block.count }
  }

  private func store(_ membership: Membership) throws {
    state.viewLength = log.length
    state.membership = membership
    try log.setLocal(state.key, state.encoded())
  }

  /// What the block says: other members of a record only repeat it.
  private func message(of node: StreamNode) throws -> OplogMessage {
    do {
      return try OplogMessage(decoding: node.block)
    } catch {
      throw ToolError(.integrity, "block \(node.seq) of a writer is no Autobase message: \(error)")
    }
  }
}
